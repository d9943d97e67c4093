/**
 * withPictureAgain: a picture file as the start of a request, by what it says of itself: its prompt, concepts, LoRAs, settings
 * and base model, as far as they are on this computer.
 */

import { randomInt } from 'node:crypto';
import { basename, extname } from 'node:path';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { SAMPLER_NAMES, type SamplerName } from '../diffusion/samplers/index.ts';
import type { GenerateRequest, UpscaleSpec } from '../engine/requests.ts';
import type { RecordInPicture } from '../images/records/record-in-picture.ts';
import { DEFAULT_MODEL, findModel } from '../model-store/catalogue.ts';
import { withModel } from '../model-store/model-use.ts';
import type { LoraRequest } from '../pipeline/few-steps.ts';
import { type DataFolders, dataFolders } from '../storage/folders.ts';
import { promptFor, showUnused } from './found-prompt.ts';
import { computerOf, type EngineFlags, MAX_SEED } from './options.ts';
import type { Output } from './terminal/output.ts';

export interface PictureAgainFlags extends EngineFlags {
  readonly prompt?: string;
  readonly negative?: string;
  readonly concept: readonly string[];
  readonly seed?: number;
  readonly out: string;
}

interface PictureRequest extends Omit<GenerateRequest, 'upscale'> {
  readonly upscale: Pick<UpscaleSpec, 'picture' | 'name' | 'madeWith'>;
}

/**
 * Runs `work` on a request for one picture, while its model is marked as used.
 * @throws LikenessError `image-*`, `input` where neither file nor flags say what it shows, as promptFor and `work`
 */
export async function withPictureAgain(
  file: string,
  flags: PictureAgainFlags,
  output: Output,
  work: (request: PictureRequest) => Promise<void>,
): Promise<void> {
  // Loaded here: sharp would make `--help` wait.
  const { decodePicture, readPictureFile } = await import('../images/decode.ts');
  const { recordInPicture } = await import('../images/records/record-in-picture.ts');
  const folders = dataFolders();
  const picture = await decodePicture(file);
  const record = recordInPicture(await readPictureFile(file));
  const prompt = flags.prompt ?? record?.prompt;
  if (prompt === undefined) {
    throw new LikenessError('input', `${basename(file)} does not say what it shows`, {
      advice: `Say it with --prompt "@name on a beach": only pictures as ${PROGRAM} saved them say it themselves.`,
    });
  }
  showUnused(await promptFor(prompt, flags.concept, folders), output);
  const name = await modelOf(flags, record, folders, output);
  await withModel(name, folders, async (model) => {
    const { readTraits } = await import('../pipeline/loaded-model.ts');
    const traits = await readTraits(model, folders.cache);
    const named = { traits, name: name ?? DEFAULT_MODEL };
    const { resolved } = await promptFor(prompt, flags.concept, folders, named);
    // Its settings are those of its model.
    const own = record?.model.name === traits.identity.name ? record : undefined;
    await work({
      model,
      ...computerOf(flags),
      cacheFolder: folders.cache,
      loras: own === undefined ? [] : await lorasOf(own, folders, output),
      prompt: resolved,
      negativePrompt: flags.negative ?? record?.negativePrompt,
      count: 1,
      seed: flags.seed ?? record?.seed ?? randomInt(MAX_SEED + 1),
      strength: record?.concepts[0]?.strength ?? 1,
      upscale: { picture, name: basename(file, extname(file)), madeWith: record?.seed },
      settings: own === undefined ? {} : settingsOf(own),
      out: flags.out,
    });
  });
}

/** The one asked for, or the picture's own where it is on this computer. */
async function modelOf(
  { model }: PictureAgainFlags,
  record: RecordInPicture | undefined,
  folders: DataFolders,
  output: Output,
): Promise<string | undefined> {
  const own = record?.model.name;
  if (model !== undefined || own === undefined) return model;
  const isHere = await findModel(own, folders).then(
    () => true,
    () => false,
  );
  if (!isHere) output.warn(`it was made with ${own}, which is not here: ${DEFAULT_MODEL} draws it over`);
  return isHere ? own : undefined;
}

function settingsOf({ steps, guidance, sampler }: RecordInPicture): GenerateRequest['settings'] {
  const known = SAMPLER_NAMES.find((one): one is SamplerName => one === sampler);
  return { steps, guidanceScale: guidance, ...(known && { sampler: known }) };
}

async function lorasOf(
  { loras = [] }: RecordInPicture,
  folders: DataFolders,
  output: Output,
): Promise<readonly LoraRequest[]> {
  const { findStoredLora } = await import('../model-store/loras/find-lora.ts');
  const found: LoraRequest[] = [];
  for (const { name, weight } of loras) {
    try {
      found.push({ ...(await findStoredLora(name, folders)), weight });
    } catch (error) {
      if (!(error instanceof LikenessError)) throw error;
      output.warn(`it was made with the LoRA ${name}, which is not here`);
    }
  }
  return found;
}
