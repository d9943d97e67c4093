/** The UNet of Stable Diffusion 1.5 as its `unet/config.json` describes it: 686 tensors, 859,520,964 parameters. */

import { samplingGraph } from '../companion/engine/generation/sampling-graph.ts';
import { parseUnetConfig } from '../companion/models/layers/unet-config.ts';
import type { NamedShape } from './random-weights.ts';

export const SD15_UNET = parseUnetConfig({
  _class_name: 'UNet2DConditionModel',
  sample_size: 64,
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [320, 640, 1280, 1280],
  layers_per_block: 2,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  cross_attention_dim: 768,
  attention_head_dim: 8,
  norm_num_groups: 32,
});

/** Tokens of a prompt. */
export const SD15_TOKENS = 77;

/** Names and shapes of its weights, as our own builder asks for them. */
export function sd15Weights(): NamedShape[] {
  const graph = samplingGraph({
    unet: SD15_UNET,
    guided: false,
    height: 8,
    width: 8,
    tokens: SD15_TOKENS,
    concepts: [],
  }).build();
  return Array.from(graph.parameters, ([name, { shape }]) => ({ name, shape }));
}
