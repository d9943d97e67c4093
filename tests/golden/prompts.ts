/** golden/prompts.json: what was asked, and the token ids it became. */

import { z } from 'zod';
import type { GoldenDirectory } from './golden-directory.ts';

const schema = z.object({
  prompts: z.array(z.string()),
  ids: z.array(z.array(z.int())),
  /** The prompts of text_encoder.safetensors. */
  text_encoder_rows: z.array(z.string()),
  /** The first is the one of the trajectories and of the finished picture. */
  batch_prompts: z.array(z.string()).min(1),
});

export interface Prompts {
  readonly prompts: readonly string[];
  readonly ids: readonly (readonly number[])[];
  readonly rows: readonly string[];
  readonly scene: string;
}

export async function readPrompts(golden: GoldenDirectory): Promise<Prompts> {
  const { prompts, ids, text_encoder_rows, batch_prompts } = schema.parse(
    await golden.json('golden', 'prompts.json'),
  );
  return { prompts, ids, rows: text_encoder_rows, scene: batch_prompts[0]! };
}
