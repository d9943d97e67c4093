/** Adapter sites of a UNet: the output projections of its spatial transformers. */

import type { AdapterSite } from '../../family.ts';
import { type BlockDepths, readsText, type UnetBlocks } from '../../layers/unet-blocks.ts';
import type { UnetConfig } from '../../layers/unet-config.ts';

/** All of a UNet that its sites follow from. */
export type UnetLevels = UnetBlocks & Pick<UnetConfig, 'blockOutChannels' | 'projections'>;

/** One for every spatial transformer that reads text, in the order of the forward pass. */
export function adapterSites(config: UnetLevels): readonly AdapterSite[] {
  const last = config.blockOutChannels.length - 1;
  const storedAs = config.projections;
  const sitesOf = (block: string, level: number, depths: BlockDepths): AdapterSite[] => {
    const channels = config.blockOutChannels[level]!;
    return depths.flatMap((depth, index) =>
      readsText(depth)
        ? [
            {
              path: `${block}.attentions.${index}`,
              inputs: channels,
              outputs: channels,
              stride: 2 ** level,
              storedAs,
            },
          ]
        : [],
    );
  };
  return [
    ...config.down.flatMap((depths, level) => sitesOf(`down_blocks.${level}`, level, depths)),
    ...sitesOf('mid_block', last, config.middle),
    ...config.up.flatMap((depths, step) => sitesOf(`up_blocks.${step}`, last - step, depths)),
  ];
}
