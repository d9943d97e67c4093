/** The output projections that residuals attach to: one for every spatial-transformer block of the UNet. */

import type { UnetConfig } from '../../layers/unet-config.ts';

export interface Site {
  /** Module path of the block in the UNet, `down_blocks.0.attentions.1`; its projection is `<path>.proj_out`. */
  readonly path: string;
  /** m, the channels of the projection. */
  readonly channels: number;
  /** 0 is the finest: the feature map has 1 / 2^level of the latents' size. */
  readonly level: number;
}

/** In the order of the forward pass: 16 of them in Stable Diffusion 1.x and 2.x. */
export function adapterSites(config: UnetConfig): Site[] {
  const levels = config.blockOutChannels.length;
  const sites: Site[] = [];
  const add = (block: string, layers: number, level: number) => {
    for (let layer = 0; layer < layers; layer++) {
      sites.push({ path: `${block}.attentions.${layer}`, channels: config.blockOutChannels[level]!, level });
    }
  };
  for (let level = 0; level < levels; level++) {
    if (config.downAttention[level]) add(`down_blocks.${level}`, config.layersPerBlock, level);
  }
  add('mid_block', 1, levels - 1);
  for (let step = 0; step < levels; step++) {
    if (config.upAttention[step]) add(`up_blocks.${step}`, config.layersPerBlock + 1, levels - 1 - step);
  }
  return sites;
}
