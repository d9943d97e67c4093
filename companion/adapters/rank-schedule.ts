/**
 * Rank that depends on the timestep (T-LoRA, arXiv 2507.05964, section 3.2): the noisier the sample, the fewer of the
 * rank's components act, so that what decides the layout learns less of the references. For rank r, with r_min = minFraction r:
 *
 *   r(t) = r_min + (r - r_min) (T - t) / T,  the first ones
 *
 * Other tools know nothing of it: there all components act at every timestep.
 */

import { cast, less } from '../graph/ops/index.ts';
import type { Value } from '../graph/value.ts';
import { float32 } from '../tensor/tensor.ts';
import type { Factors } from './factors.ts';

/** r(t) / r, for t of 0 to `trainTimesteps`; `minFraction` is r_min / r, and 1 a rank that is always the same. */
export function rankFractionAt(minFraction: number, timestep: number, trainTimesteps: number): number {
  return minFraction + (1 - minFraction) * (1 - timestep / trainTimesteps);
}

/** Component `index` of `rank` counts by its middle, so that r(t) is rounded to the next whole number. */
function position(index: number, rank: number): number {
  return (index + 0.5) / rank;
}

/** fraction [B, 1, 1] -> [B, 1, rank]: 1 for the components that act, else 0. */
export function rankMask(fraction: Value, rank: number): Value {
  const positions = Float32Array.from({ length: rank }, (_, index) => position(index, rank));
  return cast(less(fraction.graph.constant(float32(positions, [1, 1, rank])), fraction), 'float32');
}

/** The same factors, with zeros for the components beyond `fraction` of the rank. */
export function truncateRank(factors: Factors, fraction: number): Factors {
  if (fraction >= 1) return factors;
  return new Map(
    Array.from(factors, ([path, factor]) => {
      const { down, rank, channels } = factor;
      let active = 0;
      // As float32, like the graph: both must round alike.
      while (active < rank && Math.fround(position(active, rank)) < Math.fround(fraction)) active++;
      return [path, { ...factor, down: down.map((weight, at) => (at < active * channels ? weight : 0)) }];
    }),
  );
}
