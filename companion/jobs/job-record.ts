/** What a job's folder says of it in job.json: what clients know, and where its files are. */

import { readFile, stat } from 'node:fs/promises';
import { imageIdSchema } from '../../shared/protocol/ids.ts';
import { type JobState, jobSchema } from '../../shared/protocol/job.ts';
import { z } from '../../shared/protocol/zod.ts';

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
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new Error(`${path.join('.')}: ${message}`);
  }
  if (parsed.data.state.job !== job) throw new Error(`it is of the job ${parsed.data.state.job}`);
  return parsed.data;
}

export function isEnded({ status }: JobState): boolean {
  return status.state !== 'queued' && status.state !== 'running';
}
