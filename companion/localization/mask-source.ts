/**
 * Localization of residuals inside the sampling graph: each concept's residual at a block, times its mask
 * (Ham et al., CVPR 2024, section 3.2):
 *
 *   f_i = W_i x + b + sum over concepts k of  M_{k,i} * s_k * A_{k,i} B_{k,i} x
 */

import { addLowRank, factorInputs } from '../adapters/low-rank.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import type { SiteAdapter, SiteValues } from '../models/layers/spatial-transformer.ts';

export interface LocalizedOptions {
  /** With guidance a picture has two samples, and the first is unconditional and has no concept tokens; else one. */
  readonly guided: boolean;
  /** Pictures in a run: of P the samples are all P unconditional ones, then all P conditional ones. */
  readonly pictures: number;
  /** Latent cells. */
  readonly height: number;
  /** Tokens of a prompt, L. */
  readonly tokens: number;
  /** Rank of each concept at each site. */
  readonly ranks: readonly ((path: string) => number | undefined)[];
  /** True where concepts act in parts of the picture alone. */
  readonly hasRegions?: boolean | undefined;
}

export interface Localization {
  readonly adapter: SiteAdapter;
  /** Outputs of the graph beside the prediction, by name; to be asked for after the denoiser is built. */
  outputs(): ReadonlyMap<string, Value>;
}

/** @param gateOf M s of a concept, [B, hw, 1]; asked for only where it has a residual */
export function withLocalizedResiduals(
  graph: Graph,
  site: SiteValues,
  ranks: LocalizedOptions['ranks'],
  gateOf: (concept: number) => Value,
): Value {
  return ranks.reduce((output, rankAt, concept) => {
    const rank = rankAt(site.path);
    if (rank === undefined) return output;
    return addLowRank(output, site, factorInputs(graph, concept, site, rank), gateOf(concept));
  }, site.output);
}

/** Samples in a run, B. */
export function samplesOf({ guided, pictures }: Pick<LocalizedOptions, 'guided' | 'pictures'>): number {
  return (guided ? 2 : 1) * pictures;
}

/** Input [B, hw, 1]: mask times strength, of a mask that the caller makes. Blocks of one resolution share it. */
export function gateInput(graph: Graph, concept: number, { height, width, input }: SiteValues): Value {
  const name = gateName(concept, height, width);
  return graph.inputs.get(name) ?? graph.input(name, [input.shape[0]!, height * width, 1]);
}

/** Name of the input that holds a concept's mask, [B, height * width, 1], at an adapter site of this size in cells. */
export function gateName(concept: number, height: number, width: number): string {
  return `concept.${concept}.gate.${height}x${width}`;
}
