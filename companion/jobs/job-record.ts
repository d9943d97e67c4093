/** What a job's folder says of it in job.json: what clients know, and where its files are. */

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

/** @throws Error that says what is wrong with it, for the reason it is set aside with */
export function parseRecord(text: string): JobRecord {
  const parsed = recordSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new Error(`${path.join('.')}: ${message}`);
}

export function isEnded({ status }: JobState): boolean {
  return status.state !== 'queued' && status.state !== 'running';
}
