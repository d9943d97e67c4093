/**
 * Stable Diffusion 2.x stores proj_in and proj_out as linear layers and the heads as one number a level: the same
 * weights told in that way must give the same prediction.
 */

import { configOf } from '../../pipeline/stable-diffusion.ts';
import type { Check } from '../check.ts';
import { compare, PREDICTION } from '../comparison.ts';
import { deriveCheckpoint } from '../derived-checkpoint.ts';
import { Absent } from '../golden-tensors.ts';
import { predict, unetFeeds } from '../unet-run.ts';

const PROJECTION = /\.proj_(in|out)\.weight$/;

export const linearProjections: Check = {
  subject: 'SD 2.x layout',
  async *run(golden) {
    const { unet } = configOf(golden.pipeline);
    if (unet.projections === 'linear') throw new Absent('pipeline has this layout itself');
    const file = await golden.tensors('unet.safetensors');
    const folder = await deriveCheckpoint(golden, {
      weight: (name, { shape, data }) => ({
        dtype: 'F32',
        shape: PROJECTION.test(name) ? shape.slice(0, 2) : shape,
        data,
      }),
      config: { use_linear_projection: true, attention_head_dim: unet.heads, num_attention_heads: null },
    });
    const got = await golden.withCheckpoint(folder, (pipeline) =>
      predict(pipeline, unetFeeds(pipeline, file)),
    );
    yield compare('linear projections, heads by level', got, file.get('eps').data, PREDICTION);
  },
};
