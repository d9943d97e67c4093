/**
 * Localized attention-guided sampling inside the graph (Ham et al., CVPR 2024, section 3.2):
 *
 *   f_i = W_i x + b + sum over concepts k of  M_{k,i} * s_k * A_{k,i} B_{k,i} x
 *
 * M_{k,i} comes from the cross-attention of the same block in the same forward pass, so there is no second model
 * evaluation. Whether M is the paper's median mask or a mask that the caller computed is decided by inputs, so one
 * session serves base (s = 0), plain residual (M = 1), median and adaptive masks.
 */

import type { Graph } from '../../graph/graph.ts';
import {
  add,
  cast,
  concat,
  greater,
  greaterOrEqual,
  maximum,
  mul,
  reduceMean,
  reshape,
  slice,
  split,
  sub,
  topK,
} from '../../graph/ops.ts';
import type { Value } from '../../graph/value.ts';
import type { ProjOutAdapter, ProjOutSite } from '../../models/unet/spatial-transformer.ts';
import { factorInputs, residual } from '../attach.ts';

export interface LocalizedOptions {
  /** Samples in the batch; with guidance the first half is unconditional and has no concept tokens. */
  readonly batch: number;
  readonly guided: boolean;
  /** Tokens of a prompt, L. */
  readonly tokens: number;
  /** Rank of each concept at each site. */
  readonly ranks: readonly ((path: string) => number | undefined)[];
}

/** Names of the inputs and outputs that localization adds to the graph. */
export const localizedNames = {
  /**
   * [L, 2]. First column: 1 at every token of the concept (identifier and each sub-word of the class word), else 0.
   * Second: the same for the tokens whose attention finds the object, the class word's.
   */
  tokenWeights: (concept: number) => `concept.${concept}.token_weights`,
  /** [B, 1, 1]: s_k per sample, so that the unconditional half can have its own. */
  strength: (concept: number) => `concept.${concept}.strength`,
  /** Scalar: 1 takes the median mask of the block itself, 0 the given mask. */
  useMedian: 'use_median',
  /** [B, hw, 1] in 0..1: the mask to use where useMedian is 0, one input a resolution. */
  givenMask: (concept: number, height: number, width: number) => `concept.${concept}.mask.${height}x${width}`,
  /** Output [conditional samples, hw]: the block's attention score A_{i,C}. */
  score: (concept: number, path: string) => `concept.${concept}.${path}.score`,
  /** Output of the same shape: the score of the second column's tokens. */
  objectScore: (concept: number, path: string) => `concept.${concept}.${path}.object_score`,
} as const;

interface ConceptInputs {
  readonly tokenWeights: Value;
  readonly strength: Value;
  readonly givenMasks: Map<string, Value>;
}

export function attachLocalized(graph: Graph, options: LocalizedOptions): ProjOutAdapter {
  const { batch, tokens, ranks } = options;
  const useMedian = graph.input(localizedNames.useMedian, []);
  const concepts = ranks.map(
    (_, concept): ConceptInputs => ({
      tokenWeights: graph.input(localizedNames.tokenWeights(concept), [tokens, 2]),
      strength: graph.input(localizedNames.strength(concept), [batch, 1, 1]),
      givenMasks: new Map(),
    }),
  );
  const attentionColumns = concat(
    concepts.map(({ tokenWeights }) => tokenWeights),
    1,
  ); // [L, 2 concepts]
  const adapt = (site: ProjOutSite): Value => {
    const columns = attentionScores(site, options.guided);
    const scores = concepts.map((_, concept) => {
      const [score, objectScore] = columns.slice(2 * concept) as [Value, Value];
      graph.output(localizedNames.score(concept, site.path), score);
      graph.output(localizedNames.objectScore(concept, site.path), objectScore);
      return score;
    });
    const medianMasks = disjoint(scores.map(aboveMedian), scores);
    return concepts.reduce((output, inputs, concept) => {
      const rank = ranks[concept]!(site.path);
      if (rank === undefined) return output;
      const median = forWholeBatch(medianMasks[concept]!, options.guided);
      const given = givenMask(graph, concept, inputs, site, batch);
      const mask = add(given, mul(useMedian, sub(median, given))); // [B, hw, 1]
      const gate = mul(mask, inputs.strength);
      return add(output, residual(site, factorInputs(graph, concept, site, rank), gate));
    }, site.output);
  };
  return { attentionColumns, adapt };
}

/**
 * A_{i,C}, the probability that a pixel gives the concept's tokens, averaged over heads; and the same for its object
 * tokens: two values [conditional, hw] a concept. Only the conditional samples have such tokens.
 */
function attentionScores({ attention }: ProjOutSite, guided: boolean): Value[] {
  const [batch, , pixels, columns] = attention!.shape as [number, number, number, number];
  const conditional = guided ? batch / 2 : batch;
  const own = guided ? slice(attention!, 0, conditional, batch) : attention!;
  const overHeads = reduceMean(own, [1]); // [conditional, hw, 2 concepts]
  return split(overHeads, columns, -1).map((column) => reshape(column, [conditional, pixels]));
}

/**
 * score [conditional, hw] -> 1 where it is strictly above the lower-middle median of the block's pixels, which is
 * torch.median's choice, else 0.
 */
export function aboveMedian(score: Value): Value {
  const pixels = score.shape[1]!;
  const lowerHalf = Math.floor((pixels - 1) / 2) + 1;
  const smallest = topK(score, lowerHalf, 1, { largest: false }); // ascending
  return cast(greater(score, slice(smallest, 1, lowerHalf - 1, lowerHalf)), 'float32');
}

/** Where the masks of several concepts overlap, the pixel belongs to the one with the higher score. */
function disjoint(masks: readonly Value[], scores: readonly Value[]): Value[] {
  if (masks.length < 2) return [...masks];
  const highest = scores.reduce((left, right) => maximum(left, right));
  return masks.map((mask, concept) => mul(mask, cast(greaterOrEqual(scores[concept]!, highest), 'float32')));
}

/** [conditional, hw] -> [B, hw, 1]: the unconditional half takes the mask of its conditional partner. */
function forWholeBatch(mask: Value, guided: boolean): Value {
  const whole = guided ? concat([mask, mask], 0) : mask;
  return reshape(whole, [...whole.shape, 1]);
}

function givenMask(
  graph: Graph,
  concept: number,
  inputs: ConceptInputs,
  site: ProjOutSite,
  batch: number,
): Value {
  const name = localizedNames.givenMask(concept, site.height, site.width);
  let mask = inputs.givenMasks.get(name);
  if (mask === undefined) {
    mask = graph.input(name, [batch, site.height * site.width, 1]);
    inputs.givenMasks.set(name, mask);
  }
  return mask;
}
