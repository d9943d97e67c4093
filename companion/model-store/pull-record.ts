/** Where a model's folder came from: written when it is whole, so that it can be repaired from there. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import { readJsonObject } from '../storage/json-file.ts';
import { isRepository } from './hub/address.ts';

export const RECORD_NAME = 'pulled.json';

const schema = z.object({
  repository: z.string().refine(isRepository, 'expected owner/name'),
  commit: z.string().regex(/^[0-9a-f]{40}$/, 'expected a commit'),
  precision: z.enum(['fp16', 'fp32']),
  licence: z.string().optional(),
});

export type PullRecord = z.infer<typeof schema>;

export async function writePullRecord(folder: string, record: PullRecord): Promise<void> {
  await writeFileAtomically(join(folder, RECORD_NAME), `${JSON.stringify(record, undefined, 2)}\n`);
}

/**
 * undefined where the folder was not made by a pull.
 * @throws LikenessError `checkpoint-format` for a record that is damaged
 */
export async function readPullRecord(folder: string): Promise<PullRecord | undefined> {
  const path = join(folder, RECORD_NAME);
  if ((await stat(path).catch(() => undefined)) === undefined) return undefined;
  const parsed = schema.safeParse(await readJsonObject(path));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new LikenessError('checkpoint-format', `${path}: ${issue.path.join('.')}: ${issue.message}`, {
    advice: `Move ${folder} away, and pull the model again.`,
  });
}
