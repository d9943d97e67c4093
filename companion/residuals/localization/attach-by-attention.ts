/**
 * Localized attention-guided sampling inside the graph (Ham et al., CVPR 2024, section 3.2):
 *
 *   f_i = W_i x + b + sum over concepts k of  M_{k,i} * s_k * A_{k,i} B_{k,i} x
 *
 * M_{k,i} comes from the cross-attention of the same block in the same forward pass, so there is no second model
 * evaluation. What it is made of are two inputs: M s where the block's attention is above its median, and M s
 * elsewhere. So one session serves base (both 0), plain residual (both s), the paper's median mask (s and 0) and every
 * mask that the caller computed (both the mask times s).
 */

import { int64 } from '../../checkpoint/tensor.ts';
import type { Graph } from '../../graph/graph.ts';
import { apply } from '../../graph/ops/apply.ts';
import { concat, gather, greater, greaterOrEqual, maximum, topK, where } from '../../graph/ops.ts';
import type { Value } from '../../graph/value.ts';
import type { ProjOutSite } from '../../models/unet/spatial-transformer.ts';
import { factorInputs, withResidual } from '../attach.ts';
import type { Localization, LocalizedOptions } from './localization.ts';

/** Names of the inputs and outputs that localization adds to the graph. */
export const attentionNames = {
  /**
   * [L, 2]. First column: 1 at every token of the concept (identifier and each sub-word of the class word), else 0.
   * Second: the same for the tokens whose attention finds the object, the class word's.
   */
  tokenWeights: (concept: number) => `concept.${concept}.token_weights`,
  /** [B, hw, 1]: mask times strength where the block's attention is above its median; one input a resolution. */
  above: (concept: number, height: number, width: number) => `concept.${concept}.above.${height}x${width}`,
  /** The same for everywhere else. */
  below: (concept: number, height: number, width: number) => `concept.${concept}.below.${height}x${width}`,
  /**
   * Output [B hw of every block, one after the other in the order of the sites, 2 concepts]: the probability that a pixel
   * gives the tokens of each column, averaged over heads. Column 2 k is the score A_{i,C} of concept k, column 2 k + 1
   * that of its object tokens. Only the conditional sample, a block's last, has such tokens.
   */
  scores: 'scores',
} as const;

export function attachByAttention(graph: Graph, { guided, tokens, ranks }: LocalizedOptions): Localization {
  const weights = concat(
    ranks.map((_, concept) => graph.input(attentionNames.tokenWeights(concept), [tokens, 2])),
    1,
  ); // [L, 2 concepts]
  const blocks: Value[] = [];
  const adapt = (site: ProjOutSite): Value => {
    blocks.push(site.attention!);
    const scores = ranks.map((_, concept) => conditionalColumn(site, 2 * concept));
    const highest = scores.reduce((left, right) => maximum(left, right));
    return ranks.reduce((output, rankAt, concept) => {
      const rank = rankAt(site.path);
      if (rank === undefined) return output;
      const [above, below] = gateInputs(graph, concept, site);
      const score = scores[concept]!;
      // What the conditional sample shows says where both act.
      let gate = where(aboveMedian(score), above, below); // [B, hw, 1]
      // Where the median masks of several concepts overlap, the pixel belongs to the one with the higher score.
      if (ranks.length > 1) gate = where(greaterOrEqual(score, highest), gate, below);
      return withResidual(output, site, factorInputs(graph, concept, site, rank), gate);
    }, site.output);
  };
  const attentionColumns = guided ? concat([weights, weights], 0) : weights; // [B L, 2 concepts]
  return {
    adapter: { attentionColumns, adapt },
    outputs: () => new Map([[attentionNames.scores, concat(blocks, 0)]]),
  };
}

/** A column of the block's scores for the conditional sample, [hw, 1]: both axes by one node. */
function conditionalColumn({ attention, height, width }: ProjOutSite, column: number): Value {
  const rows = attention!.shape[0]!;
  const [starts, ends] = [
    [rows - height * width, column],
    [rows, column + 1],
  ];
  const [axes, steps] = [
    [0, 1],
    [1, 1],
  ];
  const operands = [starts, ends, axes, steps].map((places) => attention!.graph.constant(int64(places)));
  return apply('Slice', [attention!, ...operands]);
}

/**
 * score [hw, 1] -> true where it is strictly above the lower-middle median of the block's pixels, which is
 * torch.median's choice.
 */
export function aboveMedian(score: Value): Value {
  const lowerHalf = Math.floor((score.shape[0]! - 1) / 2) + 1;
  const smallest = topK(score, lowerHalf, 0, { largest: false }); // ascending
  return greater(score, gather(smallest, score.graph.constant(int64([lowerHalf - 1]))));
}

/** Blocks of one resolution share their inputs. */
function gateInputs(graph: Graph, concept: number, { height, width, input }: ProjOutSite): [Value, Value] {
  const shape = [input.shape[0]!, height * width, 1];
  const at = (name: string) => graph.inputs.get(name) ?? graph.input(name, shape);
  return [at(attentionNames.above(concept, height, width)), at(attentionNames.below(concept, height, width))];
}
