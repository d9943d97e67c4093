/**
 * Sessions of a picture, each made when it is first needed, and told of: making one may take seconds, and somebody waits. They
 * stay open for the next picture while memory allows.
 */

import type { ImageSize } from '../../../shared/geometry.ts';
import type { GraphSpec } from '../../graph/graph.ts';
import { textGraph } from '../../models/model-graphs.ts';
import type { Conditioning } from '../../pipeline/conditioning.ts';
import type { MemoryUse } from '../../pipeline/model-sessions.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { LearnedWords } from '../../pipeline/text-states.ts';

/** The session that is being made: `packed` is the denoiser's again, with weights that it reads faster; `upscaler` enlarges. */
type PreparedPart = 'text' | 'denoiser' | 'decoder' | 'packed' | 'upscaler';

export type PreparingEvent = { readonly type: 'preparing'; readonly part: PreparedPart };

/** Makes the session unless it is open. */
export async function* prepared(
  pipeline: Pipeline,
  part: PreparedPart,
  spec: GraphSpec,
  memory: MemoryUse = {},
): AsyncGenerator<PreparingEvent, void> {
  if (pipeline.has(spec)) return;
  yield { type: 'preparing', part };
  await pipeline.session(spec, memory);
}

/** Packs the denoiser's weights where the steps that are left earn it. */
export async function* packed(
  { sessions }: Pipeline,
  denoiser: GraphSpec,
  stepsLeft: number,
): AsyncGenerator<PreparingEvent, void> {
  if (!(await sessions.earnsPacking(denoiser, stepsLeft))) return;
  yield { type: 'preparing', part: 'packed' };
  await sessions.pack(denoiser);
}

/** A prompt's text, undefined for none at all, and what was learned of its words. */
type Prompt = readonly [text: string | undefined, learned?: LearnedWords | undefined];

/** Conditioning of each prompt, for a picture of this size. */
export async function* encoded<Prompts extends readonly Prompt[]>(
  pipeline: Pipeline,
  size: ImageSize,
  ...prompts: Prompts
): AsyncGenerator<PreparingEvent, { [Index in keyof Prompts]: Conditioning }> {
  const encoder = textGraph(pipeline.model);
  const isNew = prompts.some(([text, learned]) => !pipeline.knowsPrompt(text, learned));
  if (isNew) yield* prepared(pipeline, 'text', encoder);
  const read: Conditioning[] = [];
  for (const [text, learned] of prompts) read.push(await pipeline.encodePrompt(text, size, learned));
  return read as { [Index in keyof Prompts]: Conditioning };
}
