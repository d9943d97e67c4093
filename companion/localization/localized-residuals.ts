/**
 * The residuals of a prompt's concepts at one block, each times where it may act (Ham et al., CVPR 2024, section 3.2):
 *
 *   f_i = W_i x + b + sum over concepts k of  M_{k,i} * s_k * A_{k,i} B_{k,i} x
 */

import { factorInputs, withResidual } from '../adapters/low-rank.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import type { ProjOutSite } from '../models/layers/spatial-transformer.ts';
import type { LocalizedOptions } from './localization.ts';

/** @param gateOf M s of a concept, [B, hw, 1]; asked for only where it has a residual */
export function withLocalizedResiduals(
  graph: Graph,
  site: ProjOutSite,
  ranks: LocalizedOptions['ranks'],
  gateOf: (concept: number) => Value,
): Value {
  return ranks.reduce((output, rankAt, concept) => {
    const rank = rankAt(site.path);
    if (rank === undefined) return output;
    return withResidual(output, site, factorInputs(graph, concept, site, rank), gateOf(concept));
  }, site.output);
}

/** Input [B, hw, 1]: mask times strength, of a mask that the caller makes. Blocks of one resolution share it. */
export function gateInput(graph: Graph, concept: number, { height, width, input }: ProjOutSite): Value {
  const name = gateName(concept, height, width);
  return graph.inputs.get(name) ?? graph.input(name, [input.shape[0]!, height * width, 1]);
}

export function gateName(concept: number, height: number, width: number): string {
  return `concept.${concept}.gate.${height}x${width}`;
}
