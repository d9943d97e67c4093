/**
 * Low-rank residuals inside the graph of a denoiser. Their factors are inputs, not weights: one session serves every
 * concept of the same ranks, and the training graph can ask for their gradients. Sampling adds them with addLowRank;
 * teaching uses trainableAdapter, the same function in the form whose step with gradients is cheapest.
 */

import type { Graph } from '../graph/graph.ts';
import { add, expand, linear, matmul, mul, reshape } from '../graph/ops/index.ts';
import type { Value } from '../graph/value.ts';
import type { SiteAdapter, SiteValues } from '../models/layers/spatial-transformer.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import type { Factors } from './factors.ts';
import { rankMask } from './rank-schedule.ts';

/** The factors of one concept as inputs of a graph: down [r, m], up [m, r]. */
export interface FactorInputs {
  readonly down: Value;
  readonly up: Value;
}

/** Names of the two inputs of concept number `concept` at a site. */
export function factorNames(concept: number, path: string): { down: string; up: string } {
  return { down: `concept.${concept}.${path}.down`, up: `concept.${concept}.${path}.up` };
}

/** Adds the inputs of concept number `concept` at a site of m channels. */
export function factorInputs(graph: Graph, concept: number, site: SiteValues, rank: number): FactorInputs {
  const names = factorNames(concept, site.path);
  return {
    down: graph.input(names.down, [rank, site.channels]),
    up: graph.input(names.up, [site.channels, rank]),
  };
}

/**
 * output + A (gate * (B x)), [B, hw, m]; a gate is the mask times the strength [B, hw, 1], or says which components act
 * [B, hw, r]. The second product is added by the kernel that makes it.
 */
export function addLowRank(
  output: Value,
  { input, channels }: SiteValues,
  { down, up }: FactorInputs,
  gate?: Value,
): Value {
  const reduced = matmul(reshape(input, [-1, channels]), down, { transposeB: true }); // [B hw, r]
  const gated = gate === undefined ? reduced : mul(reduced, reshape(gate, [-1, gate.shape[2]!]));
  const sum = matmul(gated, up, { transposeB: true, add: reshape(output, [-1, channels]) });
  return reshape(sum, output.shape);
}

/**
 * Plain residuals of one concept everywhere, for teaching: y = W x + b + A B x.
 * @param rankFractionAt share of the rank that acts on each sample, [B, 1, 1] (rank-schedule.ts); undefined: all of it
 * @internal
 */
export function attachEverywhere(
  graph: Graph,
  rankAt: (site: SiteValues) => number,
  onInputs: (path: string, inputs: FactorInputs) => void,
  rankFractionAt?: Value,
): SiteAdapter {
  return {
    adapt: (site) => {
      const rank = rankAt(site);
      const inputs = factorInputs(graph, 0, site, rank);
      onInputs(site.path, inputs);
      return addLowRank(site.output, site, inputs, rankFractionAt && activeGate(site, rankFractionAt, rank));
    },
  };
}

/** [B, hw, r] */
function activeGate({ input }: SiteValues, rankFractionAt: Value, rank: number): Value {
  const [batch, pixels] = input.shape as [number, number];
  return expand(rankMask(rankFractionAt, rank), [batch, pixels, rank]);
}

/** The values of the factor inputs of one concept; a LoRA's scale goes into `up`. */
export function factorFeeds(concept: number, factors: Factors): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const [path, { down, up, rank, channels, scale }] of factors) {
    const names = factorNames(concept, path);
    feeds[names.down] = float32(down, [rank, channels]);
    feeds[names.up] = float32(scale === 1 ? up : up.map((weight) => weight * scale), [channels, rank]);
  }
  return feeds;
}

/**
 * Up to this many channels for each rank W + A B is cheaper as one matrix: it costs one product of x with its
 * gradient, rows m^2, where the factors alone take six of rows m r, forward and backward.
 */
const MAX_CHANNELS_PER_RANK = 6;

/** Below this width a product takes about as long as its call. */
const MAX_SMALL_CHANNELS = 64;

/**
 * Residuals of one concept everywhere: y = W x + b + A B x, or (W + A B) x + b, the same up to rounding. For
 * `rankFractionAt`, a share for each sample, see attachEverywhere.
 */
export function trainableAdapter(
  graph: Graph,
  rankAt: (site: SiteValues) => number,
  onInputs: (path: string, inputs: FactorInputs) => void,
  rankFractionAt?: Value,
): SiteAdapter {
  const apart = attachEverywhere(graph, rankAt, onInputs, rankFractionAt);
  // A sum of weight and residual in half precision would round away what is learned.
  if (rankFractionAt !== undefined || graph.precision === 'float16') return apart;
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
function projectionWithResidual(graph: Graph, site: SiteValues, { down, up }: FactorInputs) {
  const { channels, input, projection } = site;
  const parameter = (name: string) => graph.parameters.get(name)!;
  const weight = reshape(parameter(projection.weight), [channels, channels]); // stored as a convolution by some checkpoints
  return linear(input, add(matmul(up, down), weight), parameter(projection.bias));
}
