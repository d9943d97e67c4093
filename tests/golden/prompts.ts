/** golden/prompts.json: what was asked, and the token ids it became. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { GoldenDirectory } from './golden-directory.ts';
import { Absent } from './golden-tensors.ts';

const schema = z.object({
  prompts: z.array(z.string()),
  ids: z.array(z.array(z.int())),
  /** The prompts of text_encoder.safetensors. */
  text_encoder_rows: z.array(z.string()),
  /** The first is the one of the trajectories and of the finished picture. */
  batch_prompts: z.array(z.string()).min(1),
  ids_2: z.array(z.array(z.int())).optional(),
});

/** Ids that today's tokenizers give, for both ways of padding; the models' vocabularies are the same. */
const today = z.object({
  prompts: z.array(z.string()),
  ids: z.array(z.array(z.int())),
  ids_2: z.array(z.array(z.int())),
});

export interface Prompts {
  readonly prompts: readonly string[];
  readonly ids: readonly (readonly number[])[];
  readonly rows: readonly string[];
  readonly scene: string;
  readonly batch: readonly string[];
  /** By the second tokenizer, of models that have one. */
  readonly secondIds: readonly (readonly number[])[] | undefined;
}

export async function readPrompts(golden: GoldenDirectory): Promise<Prompts> {
  const { prompts, ids, ids_2, text_encoder_rows, batch_prompts } = schema.parse(
    await golden.json('golden', 'prompts.json'),
  );
  return {
    prompts,
    ids,
    rows: text_encoder_rows,
    scene: batch_prompts[0]!,
    batch: batch_prompts,
    secondIds: ids_2,
  };
}

/**
 * Ids of each prompt as tokenizers of today give them, from the newest reference beside `golden` or the project: its own
 * ids may be an older tool's. @throws Absent
 */
export async function idsOfToday(golden: GoldenDirectory): Promise<ReadonlyMap<string, readonly number[]>> {
  const places = [join(golden.folder, '..'), join(import.meta.dirname, '../../../shared/golden')];
  const file = places
    .map((place) => join(place, 'sdxl/golden/prompts.json'))
    .find((path) => existsSync(path));
  if (file === undefined) throw new Absent('no sdxl/golden/prompts.json with the ids of today');
  const { prompts, ids, ids_2 } = today.parse(JSON.parse(await readFile(file, 'utf8')));
  const { eosId, padId } = golden.pipeline.tokenizer;
  const padded = padId === eosId ? ids : ids_2;
  return new Map(prompts.map((prompt, index) => [prompt, padded[index]!]));
}
