/** Residuals for teaching: the same function as in attach.ts, in the form whose step with gradients is cheapest. */

import type { Graph } from '../graph/graph.ts';
import { add, gemm, linear, reshape } from '../graph/ops.ts';
import type { Value } from '../graph/value.ts';
import type { ProjOutAdapter, ProjOutSite } from '../models/layers/spatial-transformer.ts';
import { attachEverywhere, type FactorInputs, factorInputs } from './low-rank.ts';

/**
 * Up to this many channels for each rank W + A B is cheaper as one matrix: it costs one product of x with its
 * gradient, rows m^2, where the factors alone take six of rows m r, forward and backward.
 */
const MAX_CHANNELS_PER_RANK = 6;

/** Below this width a product takes about as long as its call. */
const MAX_SMALL_CHANNELS = 64;

/**
 * Residuals of one concept everywhere: y = W x + b + A B x, or (W + A B) x + b, the same up to rounding. For
 * `activeShare`, which samples have each their own, see attachEverywhere.
 */
export function attachLearned(
  graph: Graph,
  rankAt: (site: ProjOutSite) => number,
  onInputs: (path: string, inputs: FactorInputs) => void,
  activeShare?: Value,
): ProjOutAdapter {
  const apart = attachEverywhere(graph, rankAt, onInputs, activeShare);
  if (activeShare !== undefined) return apart;
  return {
    adapt: (site) => {
      const rank = rankAt(site);
      if (site.channels > Math.max(MAX_SMALL_CHANNELS, MAX_CHANNELS_PER_RANK * rank))
        return apart.adapt(site);
      const inputs = factorInputs(graph, 0, site, rank);
      onInputs(site.path, inputs);
      return projectionWithResidual(graph, site, inputs);
    },
  };
}

/** (W + A B) x + b, [B, hw, m], in place of the site's own projection, which nothing reads then. */
function projectionWithResidual(graph: Graph, site: ProjOutSite, { down, up }: FactorInputs) {
  const { channels, input, path } = site;
  const parameter = (name: string) => graph.parameters.get(`unet/${path}.proj_out.${name}`)!;
  const weight = reshape(parameter('weight'), [channels, channels]); // stored as a convolution by some checkpoints
  return linear(input, add(gemm(up, down), weight), parameter('bias'));
}
