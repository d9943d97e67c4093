/** The low-rank factors of a golden file: `<block>.proj_out.A` [r, m] is our `down`, `.B` [m, r] our `up`. */

import type { Factor, Factors } from '../../companion/adapters/factors.ts';
import type { GoldenDirectory } from './golden-directory.ts';
import type { GoldenTensors } from './golden-tensors.ts';

/** `prefix` goes before the block's path, as in `step1.`; `scale` is what the product is multiplied by. */
export function lowRankFactors(
  golden: GoldenDirectory,
  file: GoldenTensors,
  scale: number,
  prefix = '',
): Factors {
  return new Map(
    golden.pipeline.adapterSites.map(({ path, outputs: channels }): [string, Factor] => {
      const down = file.get(`${prefix}${path}.proj_out.A`);
      const up = file.get(`${prefix}${path}.proj_out.B`);
      return [path, { down: down.data, up: up.data, rank: down.shape[0]!, channels, scale }];
    }),
  );
}
