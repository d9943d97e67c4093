/**
 * JobRecord: what job.json keeps of a job, which is the state that clients know and the keys of its references. JobSpec is a
 * client's validated request, and `newJob` makes the record of it.
 */

import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { LikenessError } from '../../shared/errors.ts';
import {
  type CatalogueJobSpec,
  catalogueCells,
  cellCount,
  requireCatalogue,
} from '../../shared/protocol/catalogue.ts';
import { ID_PATTERN, type ImageId, imageIdSchema, type JobId } from '../../shared/protocol/ids.ts';
import { type AnyJobState, anyJobSchema, savedRunOf } from '../../shared/protocol/job.ts';
import { type GenerateJobSpec, imagesOf, type TeachJobSpec } from '../../shared/protocol/requests.ts';
import { issueText, z } from '../../shared/protocol/zod.ts';
import { type BlobKey, blobKey } from '../storage/blob-store.ts';
import { readRegularFile } from '../storage/regular-file.ts';

const storedReference = z.strictObject({
  image: imageIdSchema,
  /** In the ReferenceStore. */
  key: z.string().transform((key) => blobKey(key)),
});

const sentFrame = z.strictObject({
  image: imageIdSchema,
  /** File of the frame as it was sent, in the job's folder: the version before kept these. */
  file: z.string().regex(/^image-\d+\.(png|jpg|webp)$/),
});

const pictureFiles = z.strictObject({
  /** Size of the PNG. */
  sizeBytes: z.int().nonnegative(),
  /** One a concept, in the order of the summary's masks. */
  masks: z.array(z.strictObject({ rows: z.int().positive(), columns: z.int().positive() })),
});

const common = {
  state: anyJobSchema,
  /** Size of the saved run and the references, where a teaching ended early and can go on. */
  savedBytes: z.int().nonnegative().exactOptional(),
  /** One a finished picture, in order. */
  pictures: z.array(pictureFiles),
};

const recordSchema = z.strictObject({
  /** Raised when a reader of today could not understand a record of tomorrow. */
  schema: z.literal(2),
  ...common,
  /** Empty once the job has ended, since the concept holds what was learned; one that can go on keeps them. */
  references: z.array(z.union([storedReference, sentFrame])),
});

/** The version before. Its frames are received when the job runs. */
const schema1 = z.strictObject({ schema: z.literal(1), ...common, uploads: z.array(sentFrame) });

const anyRecord = z.discriminatedUnion('schema', [recordSchema, schema1]);

export type JobRecord = Readonly<z.infer<typeof recordSchema>>;
export type StoredReference = Readonly<z.infer<typeof storedReference>>;
export type JobReference = StoredReference | Readonly<z.infer<typeof sentFrame>>;
export type PictureFiles = Readonly<z.infer<typeof pictureFiles>>;

/** A catalogue whose every cell failed has a message and advice for each, some two thousand letters; what is larger is none. */
const RECORD_MAX_BYTES = 8 * 1024 * 1024;

/** @throws Error that says what is wrong with it: the reason of its quarantine */
export async function readRecord(file: string, job: string): Promise<JobRecord> {
  const { size } = await stat(file);
  if (size > RECORD_MAX_BYTES) throw new Error(`${size} bytes, expected at most ${RECORD_MAX_BYTES}`);
  const parsed = anyRecord.safeParse(JSON.parse((await readRegularFile(file)).toString()));
  if (!parsed.success) throw new Error(issueText(parsed.error));
  if (parsed.data.state.job !== job) throw new Error(`it is of the job ${parsed.data.state.job}`);
  requireConsistent(parsed.data);
  if (parsed.data.schema === 2) return parsed.data;
  const { uploads: references, ...rest } = parsed.data;
  return { ...rest, schema: 2, references };
}

/** Holds together what a schema cannot: files and pictures, masks and concepts, cells and lists. @throws Error */
function requireConsistent({ state, pictures }: Pick<JobRecord, 'state' | 'pictures'>): void {
  const shown = state.kind === 'teach' ? [] : state.pictures;
  const areFilesOf =
    shown.length === pictures.length &&
    shown.every(({ masks }, index) => masks.length === pictures[index]!.masks.length);
  if (!areFilesOf) throw new Error('its files are not those of its pictures');
  if (state.kind !== 'catalogue') return;
  requireCatalogue(state.request);
  const numbers = [...shown.map(({ picture }) => picture), ...state.failed.map(({ cell }) => cell)];
  if (numbers.every((number) => number < cellCount(state.request))) return;
  throw new Error('it has pictures of no cell');
}

/** Keys of the references that lie in the ReferenceStore. */
export function referenceKeys(references: readonly JobReference[]): readonly BlobKey[] {
  return references.flatMap((one) => ('key' in one ? one.key : []));
}

/** Names of the files in the job's folder that the version before put there. */
export function sentFiles(references: readonly JobReference[]): readonly string[] {
  return references.flatMap((one) => ('file' in one ? one.file : []));
}

/** The first of them, as many as have `maxBytes` as JSON together; at least one. */
export function firstWithin(states: readonly AnyJobState[], maxBytes: number): readonly AnyJobState[] {
  let bytes = 0;
  const beyond = states.findIndex((state, index) => {
    bytes += JSON.stringify(state).length;
    return bytes > maxBytes && index > 0;
  });
  return beyond === -1 ? states : states.slice(0, beyond);
}

/** The newest first. Two of the same millisecond have an order too, which is always the same. */
export function newestFirst({ state: a }: JobRecord, { state: b }: JobRecord): number {
  return a.createdAt === b.createdAt ? (a.job < b.job ? 1 : -1) : a.createdAt < b.createdAt ? 1 : -1;
}

export function isEnded({ status }: AnyJobState): boolean {
  return status.state !== 'queued' && status.state !== 'running';
}

export type JobSpec =
  | {
      readonly kind: 'teach';
      readonly request: TeachJobSpec;
      /** At least those that the request names, each in the ReferenceStore. */
      readonly references: ReadonlyMap<ImageId, BlobKey>;
    }
  | {
      readonly kind: 'catalogue';
      readonly request: CatalogueJobSpec;
      /** None are read: its pictures are made from noise. */
      readonly references?: ReadonlyMap<ImageId, BlobKey>;
    }
  | {
      readonly kind: 'generate';
      readonly request: GenerateJobSpec;
      /** As of a teaching; none where pictures are made from noise. */
      readonly references?: ReadonlyMap<ImageId, BlobKey>;
    };

/** @throws LikenessError `input` for a catalogue of too many cells, `image-unknown` for an image that was not uploaded */
export function newJob(
  id: JobId,
  spec: JobSpec,
  { model, now }: { readonly model: string; readonly now: Date },
): JobRecord {
  const common = {
    job: id,
    status: { state: 'queued', position: 0 },
    createdAt: now.toISOString(),
    startedAt: null,
    endedAt: null,
    model,
  } as const;
  if (spec.kind === 'catalogue') {
    requireCatalogue(spec.request);
    const { kind, request } = spec;
    const state: AnyJobState = { kind, ...common, request, concepts: [], pictures: [], failed: [] };
    return { schema: 2, state, references: [], pictures: [] };
  }
  if (spec.kind === 'generate') {
    const state: AnyJobState = {
      kind: 'generate',
      ...common,
      request: spec.request,
      concepts: [],
      pictures: [],
    };
    return { schema: 2, state, references: storedOf(imagesOf(spec.request), spec), pictures: [] };
  }
  const references = storedOf(spec.request.images, spec);
  const state: AnyJobState = { kind: 'teach', ...common, request: spec.request, advice: [], taught: null };
  return { schema: 2, state, references, pictures: [] };
}

function storedOf(
  images: readonly ImageId[],
  { references }: Pick<JobSpec, 'references'>,
): StoredReference[] {
  return images.map((image) => {
    const key = references?.get(image);
    if (key !== undefined) return { image, key };
    throw new LikenessError('image-unknown', `image ${image} is not here, expected it to be sent before`);
  });
}

export function requireJobId(id: string): void {
  if (ID_PATTERN.test(id)) return;
  throw new LikenessError('input', 'a job id is not 8 to 40 lower-case letters, digits or -');
}

/** The same id for another request is a mistake of the client's: neither may pass for the other. */
export function requireSameSpec(state: AnyJobState, { kind, request }: JobSpec): void {
  // As JSON has it: a field that is undefined is one that is absent.
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
  if (state.kind === kind && isDeepStrictEqual(plain(state.request), plain(request))) return;
  throw new LikenessError('job-conflict', `job ${state.job} was made for another request`);
}

/** @throws LikenessError `input` for a job that cannot go on from where it ended */
export function requireSavedRun(state: AnyJobState): void {
  if (state.kind === 'catalogue') {
    if (state.pictures.length < catalogueCells(state.request).length) return;
    throw new LikenessError('input', `every picture of job ${state.job} is made`, {
      advice: 'Start another catalogue.',
    });
  }
  if (savedRunOf(state) !== undefined) return;
  throw new LikenessError('input', `job ${state.job} has no saved run to go on from`, {
    advice: 'Teach it again.',
  });
}

/** An ended job as one that waits. @param cells of a catalogue that failed, to be tried again; default: all */
export function reopened(state: AnyJobState, cells?: readonly number[]): AnyJobState {
  const waiting = { status: { state: 'queued', position: 0 }, endedAt: null } as const;
  if (state.kind !== 'catalogue') return { ...state, ...waiting };
  const failed = state.failed.filter(({ cell }) => cells !== undefined && !cells.includes(cell));
  return { ...state, ...waiting, failed };
}

/** A picture's files by its number; undefined where it is not made. */
export function pictureFilesOf({ state, pictures }: JobRecord, picture: number): PictureFiles | undefined {
  if (state.kind === 'teach') return undefined;
  return pictures[state.pictures.findIndex((one) => one.picture === picture)];
}
