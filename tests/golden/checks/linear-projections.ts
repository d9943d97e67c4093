/**
 * Stable Diffusion 2.x stores proj_in and proj_out as linear layers and the heads as one number a level, 1.x as 1x1
 * convolutions and one number: the same weights told in the other form must give the same prediction.
 */

import { configOf } from '../../pipeline/stable-diffusion.ts';
import type { Check } from '../check.ts';
import { compare, PREDICTION } from '../comparison.ts';
import { deriveCheckpoint } from '../derived-checkpoint.ts';
import { predict, unetFeeds } from '../unet-run.ts';

const PROJECTION = /\.proj_(in|out)\.weight$/;

export const linearProjections: Check = {
  subject: 'projections in the other form',
  async *run(golden) {
    const { unet } = configOf(golden.pipeline);
    const isLinear = unet.projections === 'linear';
    const file = await golden.tensors('unet.safetensors');
    const folder = await deriveCheckpoint(golden, {
      weight: (name, { shape, data }) => ({
        dtype: 'F32',
        shape: !PROJECTION.test(name) ? shape : isLinear ? [...shape, 1, 1] : shape.slice(0, 2),
        data,
      }),
      config: {
        use_linear_projection: !isLinear,
        attention_head_dim: unet.heads,
        num_attention_heads: null,
      },
    });
    const got = await golden.withCheckpoint(folder, (pipeline) =>
      predict(pipeline, unetFeeds(pipeline, file)),
    );
    const form = isLinear ? '1x1 convolutions' : 'linear projections, heads by level';
    yield compare(form, got, file.get('eps').data, PREDICTION);
  },
};
