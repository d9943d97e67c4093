/** What is asked of the queue, and the job that it becomes. */

import { isDeepStrictEqual } from 'node:util';
import { LikenessError } from '../../shared/errors.ts';
import type { ImageId, JobId } from '../../shared/protocol/ids.ts';
import { ID_PATTERN } from '../../shared/protocol/ids.ts';
import { type JobState, savedRunOf } from '../../shared/protocol/job.ts';
import type { MediaType } from '../../shared/protocol/media-type.ts';
import type { GenerateWish, TeachWish } from '../../shared/protocol/requests.ts';
import type { JobFiles } from './drivers/local/job-files.ts';
import type { JobRecord, Upload } from './job-record.ts';

export interface UploadedImage {
  readonly mediaType: MediaType;
  readonly bytes: Uint8Array;
}

export type JobWish =
  | {
      readonly kind: 'teach';
      readonly request: TeachWish;
      /** At least those that the request names. */
      readonly images: ReadonlyMap<ImageId, UploadedImage>;
    }
  | { readonly kind: 'generate'; readonly request: GenerateWish };

export interface NewJob {
  readonly record: JobRecord;
  /** By file name. */
  readonly images: ReadonlyMap<string, Uint8Array>;
}

/** @throws LikenessError `input` for an id that is none, `image-unknown` for an image that was not uploaded */
export function newJob(
  id: JobId,
  wish: JobWish,
  { files, model, now }: { readonly files: JobFiles; readonly model: string; readonly now: Date },
): NewJob {
  const common = {
    job: id,
    status: { state: 'queued', position: 0 },
    createdAt: now.toISOString(),
    startedAt: null,
    endedAt: null,
    model,
  } as const;
  if (wish.kind === 'generate') {
    const state: JobState = {
      kind: 'generate',
      ...common,
      request: wish.request,
      concepts: [],
      pictures: [],
    };
    return { record: { schema: 1, state, uploads: [], pictures: [] }, images: new Map() };
  }
  const uploads: Upload[] = [];
  const images = new Map<string, Uint8Array>();
  for (const [index, image] of wish.request.images.entries()) {
    const uploaded = wish.images.get(image);
    if (uploaded === undefined) {
      throw new LikenessError('image-unknown', `image ${image} is not here, expected it to be sent before`);
    }
    const file = files.uploadName(index, uploaded.mediaType);
    uploads.push({ image, file });
    images.set(file, uploaded.bytes);
  }
  const state: JobState = { kind: 'teach', ...common, request: wish.request, advice: [], taught: null };
  return { record: { schema: 1, state, uploads, pictures: [] }, images };
}

export function requireJobId(id: string): void {
  if (ID_PATTERN.test(id)) return;
  throw new LikenessError('input', 'a job id is not 8 to 40 lower-case letters, digits or -');
}

/** The same id for another request is a mistake of the client's: neither may pass for the other. */
export function requireSameWish(state: JobState, { kind, request }: JobWish): void {
  // As JSON has it: a field that is undefined is one that is absent.
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
  if (state.kind === kind && isDeepStrictEqual(plain(state.request), plain(request))) return;
  throw new LikenessError('job-conflict', `job ${state.job} was made for another request`);
}

/** @throws LikenessError `input` for a job that cannot go on from where it ended */
export function requireSavedRun(state: JobState): void {
  if (savedRunOf(state) !== undefined) return;
  throw new LikenessError('input', `job ${state.job} has no saved run to go on from`, {
    advice: 'Teach it again.',
  });
}
