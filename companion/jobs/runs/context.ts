/**
 * Context of a job's run: the steps that it yields, the engine that it asks (its process, or the functions themselves; a
 * request's signal cancels softly, and force is the engine's own business), and a finished picture's frames.
 */

import type { ConceptReference } from '../../../shared/protocol/concept.ts';
import type { JobId } from '../../../shared/protocol/ids.ts';
import type { ImageFrame } from '../../../shared/protocol/image-frame.ts';
import type { CellFailure, FrameAdvice, PictureSummary, Taught } from '../../../shared/protocol/job.ts';
import type { Progress } from '../../../shared/protocol/server-messages.ts';
import type { GenerateEvent, TeachEvent } from '../../engine/events.ts';
import type { GenerateRequest, TeachRequest } from '../../engine/requests.ts';
import type { ConceptLibrary } from '../../library/concept-library.ts';
import type { NamedModel } from '../../library/model-version.ts';
import type { EngineOptions } from '../../pipeline/loaded-model.ts';
import type { JobFiles } from '../drivers/local/job-files.ts';
import type { PictureFiles, StoredReference } from '../job-record.ts';
import type { ReferenceStore } from '../reference-store.ts';

export type ProgressStep = Omit<Progress, 'type' | 'job'>;

export type JobStep =
  | { readonly type: 'progress'; readonly progress: ProgressStep }
  | { readonly type: 'device'; readonly device: string }
  /** On all frames together. */
  | { readonly type: 'advice'; readonly advice: readonly FrameAdvice[] }
  /** The saved run cannot go on: teaching starts anew. */
  | { readonly type: 'restarted' }
  /** The frames that the version before kept, as references that are held. */
  | { readonly type: 'references'; readonly references: readonly StoredReference[] }
  | { readonly type: 'concepts'; readonly concepts: readonly ConceptReference[] }
  /** On its concepts, a line each. */
  | { readonly type: 'notes'; readonly notes: readonly string[] }
  /** The files of it are written. */
  | { readonly type: 'picture'; readonly summary: PictureSummary; readonly files: PictureFiles }
  /** A cell of a catalogue that cannot be made; the others go on. */
  | { readonly type: 'cell-failed'; readonly failure: CellFailure; readonly error: unknown }
  | { readonly type: 'frame'; readonly frame: ImageFrame }
  | { readonly type: 'taught'; readonly taught: Taught };

export interface RunTools {
  readonly engine: Engine;
  readonly setup: EngineSetup;
  /** The base model that `setup` names; undefined where only the engine knows it. */
  readonly model?: NamedModel | undefined;
  readonly library: ConceptLibrary;
  readonly references: ReferenceStore;
  readonly files: JobFiles;
  /** True where a teaching whose saved run cannot go on starts anew, instead of failing. */
  readonly mayRestart: boolean;
  /** Cancels softly. */
  readonly signal: AbortSignal;
  /** False where nobody would see a preview. */
  readonly hasSubscribers: () => boolean;
}

/** JSON and clients know no Infinity: there is no pace to judge by yet. */
export function knownSeconds(seconds: number): number | null {
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

export interface Engine {
  teach(request: TeachRequest): AsyncGenerator<TeachEvent, void>;
  generate(request: GenerateRequest): AsyncGenerator<GenerateEvent, void>;
  /** Loads what a generation needs, unless there is a run; one that comes meanwhile goes on from there. */
  prepare(request: GenerateRequest): Promise<void>;
}

/** Options of every request on one base model. */
interface EngineSetup extends Omit<EngineOptions, 'signal' | 'loras'> {
  /** Folder of the LoRAs that requests name. */
  readonly loraFolder: string;
  /** Folder of what was pulled, for the network that removes backgrounds; undefined: there is none. */
  readonly modelsFolder?: string;
}

/** Options that all requests of a companion share. */
export type EngineComputer = Omit<EngineSetup, 'model'>;

/** Base models by the names that jobs keep: each job is done on the model that was in use when it was asked for. */
export interface JobModels {
  /** Name of the one in use. */
  readonly name: string;
  /** Its path. @throws LikenessError `checkpoint-missing` for a model that is not here any more */
  folderOf(name: string): Promise<string>;
  /** As concepts are held against it; undefined where only the engine knows it. @throws LikenessError as `folderOf` */
  namedModel(name: string): Promise<NamedModel | undefined>;
}

/** The picture first. @throws LikenessError `storage` where a file was taken away */
export async function* pictureFrames(
  job: JobId,
  { picture, seed, width, height, masks }: PictureSummary,
  stored: PictureFiles,
  files: Pick<JobFiles, 'readPicture' | 'readMask'>,
): AsyncGenerator<ImageFrame, void> {
  yield {
    header: { kind: 'picture', job, picture, seed, mediaType: 'image/png', width, height },
    payload: await files.readPicture(picture),
  };
  for (const [index, { concept, confidence }] of masks.entries()) {
    const size = stored.masks[index]!;
    yield {
      header: { kind: 'mask', job, picture, concept, ...size, confidence },
      payload: await files.readMask(picture, index, size),
    };
  }
}
