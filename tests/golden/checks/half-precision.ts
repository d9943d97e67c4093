/** Weights stored as halves and computed with as float32, and what float32 loses against float64. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { float32ToHalf } from '../../../companion/tensor/half.ts';
import type { Check } from '../check.ts';
import { compare } from '../comparison.ts';
import { deriveCheckpoint } from '../derived-checkpoint.ts';
import { predict, unetFeeds } from '../unet-run.ts';

export const halfPrecision: Check = {
  subject: 'half precision',
  async *run(golden) {
    const file = await golden.tensors('unet_fp16weights.safetensors');
    const feeds = unetFeeds(golden.pipeline, await golden.tensors('unet.safetensors'));
    const expected = file.get('eps').data;

    const stored = join(golden.folder, 'pipeline_fp16');
    if (existsSync(stored)) {
      const got = await golden.withCheckpoint(stored, (pipeline) => predict(pipeline, feeds));
      yield compare('weights of pipeline_fp16', got, expected, golden.tolerances.prediction);
    } else {
      yield { kind: 'omission', check: 'weights of pipeline_fp16', reason: 'no pipeline_fp16' };
    }
    const rounded = await deriveCheckpoint(golden, {
      weight: (_name, { shape, data }) => ({ dtype: 'F16', shape, data: float32ToHalf(data) }),
    });
    const got = await golden.withCheckpoint(rounded, (pipeline) => predict(pipeline, feeds));
    yield compare('weights of pipeline, rounded here', got, expected, golden.tolerances.prediction);

    const single = await predict(golden.pipeline, feeds);
    yield compare('float32 against float64', single, file.get('eps_fp64').data, golden.tolerances.prediction);
  },
};
