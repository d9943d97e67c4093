/**
 * What tells where the object is while a picture is made.
 * Localization as part of the sampling graph.
 * The residuals of a prompt's concepts at one block, each times where it may act (Ham et al., CVPR 2024, section 3.2):
 *
 *   f_i = W_i x + b + sum over concepts k of  M_{k,i} * s_k * A_{k,i} B_{k,i} x
 */

import type { MaskMode } from '../../shared/protocol/requests.ts';
import { addLowRank, factorInputs } from '../adapters/low-rank.ts';
import type { ObjectProbe } from '../adapters/object-probe.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import type { SiteAdapter, SiteValues } from '../models/layers/spatial-transformer.ts';

/**
 * `median`: in each block its own cross-attention, in the same pass. The others look back on the steps before:
 * `attention` on the blocks' cross-attention to the concept's words, `probe` on what the concept's own probe says.
 */
export type MaskSource = 'median' | 'attention' | 'probe';

/** The paper's mask is the paper's; everything else goes by probes where all concepts have one. */
export function chooseMaskSource(mode: MaskMode, probes: readonly (ObjectProbe | undefined)[]): MaskSource {
  if (mode === 'median') return 'median';
  const probed = probes.length > 0 && probes.every((probe) => probe !== undefined);
  return probed ? 'probe' : 'attention';
}

export interface LocalizedOptions {
  /** With guidance there are two samples, and the first is unconditional and has no concept tokens; else one. */
  readonly guided: boolean;
  /** Latent cells. */
  readonly height: number;
  /** Tokens of a prompt, L. */
  readonly tokens: number;
  /** Rank of each concept at each site. */
  readonly ranks: readonly ((path: string) => number | undefined)[];
}

export interface Localization {
  readonly adapter: SiteAdapter;
  /** What the graph gives out beside the prediction, by name; to be asked for after the UNet is built. */
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

/** Input [B, hw, 1]: mask times strength, of a mask that the caller makes. Blocks of one resolution share it. */
export function gateInput(graph: Graph, concept: number, { height, width, input }: SiteValues): Value {
  const name = gateName(concept, height, width);
  return graph.inputs.get(name) ?? graph.input(name, [input.shape[0]!, height * width, 1]);
}

export function gateName(concept: number, height: number, width: number): string {
  return `concept.${concept}.gate.${height}x${width}`;
}
