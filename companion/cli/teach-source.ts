/** TeachSource: the pictures that a teaching learns from: those that the command names, or those that a concept keeps. */

import { basename, join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { pictureCutoutKind } from '../images/object-mask.ts';
import { inspectFrame } from '../images/references/frame-findings.ts';
import {
  type ReferenceImage,
  readReference,
  receiveReference,
} from '../images/references/reference-image.ts';
import { FileLibrary } from '../library/file-library.ts';
import { findStored } from '../library/find-concept.ts';
import {
  type CarriedFacts,
  carriedFacts,
  teachAgainCommand,
  versionWithReferences,
} from '../library/teach-again.ts';
import { MATTING_MODEL, openMattingFolder } from '../matting/matting-folder.ts';
import { MattingProcess } from '../matting/matting-process.ts';
import { DEFAULT_MODEL } from '../model-store/catalogue.ts';
import { readResolution } from '../pipeline/loaded-model.ts';
import type { DataFolders } from '../storage/folders.ts';
import { isConcept } from './options.ts';
import { choosePictures, showLeftOut } from './picture-choice.ts';
import { Interruption } from './terminal/interruption.ts';
import type { Output } from './terminal/output.ts';

/** The engine's limit: importing it from there would load onnxruntime for `--help`. */
const MAX_PICTURES = 32;

export interface TeachSource {
  readonly references: readonly ReferenceImage[];
  readonly facts: Pick<CarriedFacts, 'name' | 'classWord'> & Partial<CarriedFacts>;
}

interface SourceFlags {
  readonly name?: string;
  readonly class?: string;
  readonly model?: string;
  readonly cutOut?: true;
  readonly threads?: number;
}

interface Surroundings {
  /** Folder of the base model. */
  readonly model: string;
  readonly folders: DataFolders;
  readonly output: Output;
}

/** @throws LikenessError `input`, `concept-unknown`, `image-*`, `checkpoint-*` */
export async function teachSource(
  sources: readonly string[],
  flags: SourceFlags,
  surroundings: Surroundings,
): Promise<TeachSource> {
  const concept = sources.find(isConcept);
  if (concept === undefined) return fromPictures(sources, flags, surroundings);
  if (flags.cutOut) {
    throw new LikenessError(
      'input',
      `--cut-out has no place beside ${concept}: what it keeps is taught as it is`,
      {
        advice: 'Leave it out, or name the pictures.',
      },
    );
  }
  if (sources.length === 1 && flags.name === undefined && flags.class === undefined) {
    return fromConcept(concept, flags, surroundings);
  }
  throw new LikenessError('input', `${concept} is taught again by itself, with its own name and class`, {
    advice: `Leave the rest out: ${concept} alone is taught from the pictures that it keeps.`,
  });
}

async function fromPictures(
  pictures: readonly string[],
  { name, class: classWord, cutOut, threads }: SourceFlags,
  { model, folders, output }: Surroundings,
): Promise<TeachSource> {
  if (name === undefined || classWord === undefined) throw new Error('internal: pictures need both');
  const received = await receivedPictures(model, pictures, output);
  const facts = { name, classWord };
  if (!cutOut) return { references: received, facts };
  const options = { folders, threads, resolution: await readResolution(model), output };
  return { references: await cutOutReferences(received, options), facts };
}

async function fromConcept(
  wanted: string,
  flags: SourceFlags,
  { model, folders }: Surroundings,
): Promise<TeachSource> {
  const library = new FileLibrary(folders.concepts);
  const { id, current } = await findStored(wanted, library);
  const version = await versionWithReferences(id, library);
  if (version === undefined) {
    const command = teachAgainCommand(current, flags.model ?? DEFAULT_MODEL, false);
    throw new LikenessError('input', `@${current.name} keeps none of the pictures that it was taught from`, {
      advice: `Name them: ${command}`,
    });
  }
  const resolution = await readResolution(model);
  const references: ReferenceImage[] = [];
  for (const path of await library.materializeReferences(version)) {
    const reference = await readReference(path);
    references.push({ ...reference, findings: await inspectFrame(reference.pixels, resolution) });
  }
  return { references, facts: carriedFacts(current) };
}

/**
 * Each is decoded once, also where it had to be tried first, and what is not used is said.
 * @param model folder of the base model, for whose pictures findings are
 * @throws LikenessError `input`, `image-*` for a picture that was named itself, `checkpoint-*`
 */
async function receivedPictures(
  model: string,
  paths: readonly string[],
  output: Output,
): Promise<readonly ReferenceImage[]> {
  const resolution = await readResolution(model);
  const received = new Map<string, Promise<ReferenceImage>>();
  const receive = (file: string): Promise<ReferenceImage> => {
    const reference = received.get(file) ?? receiveReference(file, { resolution });
    received.set(file, reference);
    return reference;
  };
  const chosen = await choosePictures(paths, {
    maximum: MAX_PICTURES,
    tryPicture: receive,
    whenLeftOut: (left) => showLeftOut(left, output),
  });
  return inOrder(chosen, receive);
}

/** One after the other, so that of several that are no use the first is told. */
async function inOrder(
  files: readonly string[],
  receive: (file: string) => Promise<ReferenceImage>,
): Promise<readonly ReferenceImage[]> {
  const references: ReferenceImage[] = [];
  for (const file of files) references.push(await receive(file));
  return references;
}

interface CutOutOptions {
  readonly folders: DataFolders;
  readonly threads: number | undefined;
  /** Side of the model's picture in pixels, for what is found on a cut-out. */
  readonly resolution: number;
  readonly output: Output;
}

/**
 * The references without their backgrounds, those that have one.
 *
 * @throws LikenessError `checkpoint-missing` without a network; as MattingProcess.cutOut; `cancelled`
 */
async function cutOutReferences(
  references: readonly ReferenceImage[],
  { folders, threads, resolution, output }: CutOutOptions,
): Promise<readonly ReferenceImage[]> {
  const folder = join(folders.models, MATTING_MODEL);
  await openMattingFolder(folder);
  const matting = new MattingProcess({ folder, threads });
  const stop = new Interruption(output, () => matting.close());
  const without: ReferenceImage[] = [];
  try {
    for (const reference of references) {
      if (stop.signal.aborted) throw new LikenessError('cancelled', 'stopped before anything was taught');
      if (pictureCutoutKind(reference.pixels) !== 'opaque') {
        without.push(reference);
        continue;
      }
      const name = basename(reference.name);
      const pixels = await matting.cutOut(reference.pixels, name);
      output.event({ type: 'cut-out', source: reference.name });
      output.say(output.colours.dim(`  ${name} without its background`));
      without.push({ name: reference.name, pixels, findings: await inspectFrame(pixels, resolution) });
    }
  } finally {
    matting.close();
    stop.dispose();
  }
  return without;
}
