/** Adapter sites of a UNet: the output projections of its spatial transformers. */

import type { AdapterSite } from '../../family.ts';
import type { UnetConfig } from '../../layers/unet-config.ts';

/** Levels of a UNet, from which its sites follow. */
export type UnetLevels = Pick<
  UnetConfig,
  'blockOutChannels' | 'layersPerBlock' | 'downAttention' | 'upAttention' | 'projections'
>;

/** One for every spatial-transformer block, in the order of the forward pass. */
export function adapterSites(config: UnetLevels): readonly AdapterSite[] {
  const levels = config.blockOutChannels.length;
  const storedAs = config.projections;
  const sites: AdapterSite[] = [];
  const add = (block: string, layers: number, level: number) => {
    const channels = config.blockOutChannels[level]!;
    for (let layer = 0; layer < layers; layer++) {
      const path = `${block}.attentions.${layer}`;
      sites.push({ path, inputs: channels, outputs: channels, stride: 2 ** level, storedAs });
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
