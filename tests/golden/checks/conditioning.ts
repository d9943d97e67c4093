/** A prompt as the denoiser reads it: states of all text encoders, pooled text, size ids; and no prompt at all. */

import { CONTEXT } from '../../../companion/models/family.ts';
import type { Check } from '../check.ts';
import { compare, EXACT, PREDICTION } from '../comparison.ts';
import { row } from '../golden-tensors.ts';
import { goldenSize } from '../guided-unet.ts';
import { readPrompts } from '../prompts.ts';

const POOLED = 'text_embeds';

export const conditioning: Check = {
  subject: 'conditioning',
  async *run(golden) {
    const { pipeline } = golden;
    const file = await golden.tensors('conditioning.safetensors');
    const { batch } = await readPrompts(golden);
    const size = (await goldenSize(golden))!;
    for (const [index, prompt] of batch.slice(0, 2).entries()) {
      const got = await pipeline.encodePrompt(prompt, size);
      yield compare(
        `context of prompt ${index + 1}`,
        got.get(CONTEXT)!.data,
        row(file.get('context'), index),
        PREDICTION,
      );
      yield compare(
        `pooled text of prompt ${index + 1}`,
        got.get(POOLED)!.data,
        row(file.get('pooled'), index),
        PREDICTION,
      );
      yield compare('size ids', got.get('time_ids')!.data, file.get('time_ids').data, EXACT);
    }
    const empty = await pipeline.encodePrompt('', size);
    yield compare(
      'context of an empty prompt',
      empty.get(CONTEXT)!.data,
      file.get('empty_context').data,
      PREDICTION,
    );
    yield compare(
      'pooled text of an empty prompt',
      empty.get(POOLED)!.data,
      file.get('empty_pooled').data,
      PREDICTION,
    );
    const absent = await pipeline.encodePrompt(undefined, size);
    const isEmpty = pipeline.facts.absentPrompt === 'empty';
    const text = (name: string) => [...absent.get(name)!.data];
    const expected = [...file.get('empty_context').data, ...file.get('empty_pooled').data];
    yield compare(
      isEmpty ? 'no prompt at all: an empty one' : 'no prompt at all: zeros',
      [...text(CONTEXT), ...text(POOLED)],
      isEmpty ? expected : expected.map(() => 0),
      isEmpty ? PREDICTION : EXACT,
    );
  },
};
