/**
 * What a job's folder says of it in job.json: what clients know, and where its files are.
 * What is asked of the queue, and the job that it becomes.
 */

import { readFile, stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { LikenessError } from '../../shared/errors.ts';
import type { MediaType } from '../../shared/image-kind.ts';
import { ID_PATTERN, type ImageId, imageIdSchema, type JobId } from '../../shared/protocol/ids.ts';
import { type JobState, jobSchema, savedRunOf } from '../../shared/protocol/job.ts';
import type { GenerateJobSpec, TeachJobSpec } from '../../shared/protocol/requests.ts';
import { issueText, z } from '../../shared/protocol/zod.ts';
import type { JobFiles } from './drivers/local/job-files.ts';

const upload = z.strictObject({
  image: imageIdSchema,
  /** Inside the job's folder; made here and never taken from a client. */
  file: z.string().regex(/^image-\d+\.(png|jpg|webp)$/),
});

const pictureFiles = z.strictObject({
  /** Of the PNG. */
  sizeBytes: z.int().nonnegative(),
  /** One a concept, in the order of the summary's masks. */
  masks: z.array(z.strictObject({ rows: z.int().positive(), columns: z.int().positive() })),
});

const recordSchema = z.strictObject({
  /** Raised when a reader of today could not understand a record of tomorrow. */
  schema: z.literal(1),
  state: jobSchema,
  /** Gone once the job has ended, since the concept holds what was learned from them; one that can go on keeps them. */
  uploads: z.array(upload),
  /** Of a teaching that ended early and can go on: its saved run and its uploads. */
  savedBytes: z.int().nonnegative().exactOptional(),
  /** One a finished picture, in order. */
  pictures: z.array(pictureFiles),
});

export type JobRecord = Readonly<z.infer<typeof recordSchema>>;
export type Upload = Readonly<z.infer<typeof upload>>;
export type PictureFiles = Readonly<z.infer<typeof pictureFiles>>;

/** A record is a few kilobytes for each of its pictures; what is larger is none. */
const RECORD_MAX_BYTES = 1024 * 1024;

/** @throws Error that says what is wrong with it, for the reason it is set aside with */
export async function readRecord(file: string, job: string): Promise<JobRecord> {
  const { size } = await stat(file);
  if (size > RECORD_MAX_BYTES) throw new Error(`${size} bytes, expected at most ${RECORD_MAX_BYTES}`);
  const parsed = recordSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) throw new Error(issueText(parsed.error));
  if (parsed.data.state.job !== job) throw new Error(`it is of the job ${parsed.data.state.job}`);
  return parsed.data;
}

export function isEnded({ status }: JobState): boolean {
  return status.state !== 'queued' && status.state !== 'running';
}

export interface UploadedImage {
  readonly mediaType: MediaType;
  readonly bytes: Uint8Array;
}

export type JobSpec =
  | {
      readonly kind: 'teach';
      readonly request: TeachJobSpec;
      /** At least those that the request names. */
      readonly images: ReadonlyMap<ImageId, UploadedImage>;
    }
  | { readonly kind: 'generate'; readonly request: GenerateJobSpec };

export interface NewJob {
  readonly record: JobRecord;
  /** By file name. */
  readonly images: ReadonlyMap<string, Uint8Array>;
}

/** @throws LikenessError `input` for an id that is none, `image-unknown` for an image that was not uploaded */
export function newJob(
  id: JobId,
  wish: JobSpec,
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
export function requireSameWish(state: JobState, { kind, request }: JobSpec): void {
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
