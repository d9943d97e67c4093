/**
 * The paper's localized attention-guided sampling (Ham et al., CVPR 2024, section 3.2): M_{k,i} marks the half of a
 * block's pixels that give the concept's tokens the most cross-attention. That comes from the same block in the same
 * forward pass, so there is no second model evaluation.
 */

import type { Graph } from '../../graph/graph.ts';
import { gather, greater, greaterOrEqual, maximum, slice, topK, where } from '../../graph/ops.ts';
import type { Value } from '../../graph/value.ts';
import type { ProjOutSite } from '../../models/layers/spatial-transformer.ts';
import { float32, int64 } from '../../tensor/tensor.ts';
import type { Localization, LocalizedOptions } from '../localization.ts';
import { withLocalizedResiduals } from '../localized-residuals.ts';
import { attentionColumns, scoresOutput } from './attention-scores.ts';

/** Names of the inputs that this adds to the graph. */
export const medianNames = {
  /** [B, 1, 1]: s_k for each sample. */
  strength: (concept: number) => `concept.${concept}.strength`,
} as const;

export function attachByMedian(graph: Graph, options: LocalizedOptions): Localization {
  const { guided, ranks } = options;
  const strengths = ranks.map((_, concept) =>
    graph.input(medianNames.strength(concept), [guided ? 2 : 1, 1, 1]),
  );
  const nothing = graph.constant(float32(new Float32Array(1), [1]));
  const blocks: Value[] = [];
  const adapt = (site: ProjOutSite): Value => {
    blocks.push(site.attention!);
    // What the conditional sample shows says where both act.
    const scores = ranks.map((_, concept) => conditionalScore(site, concept));
    const highest = scores.reduce((left, right) => maximum(left, right));
    return withLocalizedResiduals(graph, site, ranks, (concept) => {
      const score = scores[concept]!;
      const gate = where(aboveMedian(score), strengths[concept]!, nothing); // [B, hw, 1]
      // Where the masks of several concepts overlap, the pixel belongs to the one with the higher score.
      return ranks.length === 1 ? gate : where(greaterOrEqual(score, highest), gate, nothing);
    });
  };
  const adapter = { attentionColumns: attentionColumns(graph, options), adapt };
  return { adapter, outputs: () => scoresOutput(blocks) };
}

/** A concept's scores for the conditional sample, [hw, 1]. */
function conditionalScore({ attention, height, width }: ProjOutSite, concept: number): Value {
  const [rows, concepts] = attention!.shape as [number, number];
  const conditional = slice(attention!, 0, rows - height * width, rows);
  return concepts === 1 ? conditional : slice(conditional, 1, concept, concept + 1);
}

/**
 * score [hw, 1] -> true where it is strictly above the lower-middle median of the block's pixels, which is
 * torch.median's choice.
 *
 * @internal
 */
export function aboveMedian(score: Value): Value {
  const lowerHalf = Math.floor((score.shape[0]! - 1) / 2) + 1;
  const smallest = topK(score, lowerHalf, 0, { largest: false }); // ascending
  return greater(score, gather(smallest, score.graph.constant(int64([lowerHalf - 1]))));
}
