/**
 * Median as a mask source, the paper's (Ham et al., CVPR 2024, section 3.2): M_{k,i} marks the half of a block's pixels that
 * give the concept's tokens the most cross-attention, of the same block in the same forward pass. The graph makes the
 * masks itself, from the strengths, and needs no second model evaluation.
 */

import type { Graph } from '../../graph/graph.ts';
import {
  gather,
  greater,
  greaterOrEqual,
  maximum,
  reshape,
  slice,
  topK,
  where,
} from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import type { SiteValues } from '../../models/layers/spatial-transformer.ts';
import { float32, int64, type Tensor } from '../../tensor/tensor.ts';
import type { ScoreMap } from '../attention-mask.ts';
import {
  ALONE,
  type BatchIndex,
  type Feeds,
  type Localizer,
  type LocalizerOptions,
  withinRegion,
} from '../localizer.ts';
import { gridsOf, type LocalizedMask, maskTensor } from '../mask.ts';
import {
  gateInput,
  gateName,
  type Localization,
  type LocalizedOptions,
  samplesOf,
  withLocalizedResiduals,
} from '../mask-source.ts';
import { reduceByMean } from '../resample.ts';
import { AttentionEstimator, attentionColumns, scoresOutput } from './attention.ts';

/**
 * Names of the inputs that this adds to the graph.
 * @internal
 */
export const medianNames = {
  /** [B, 1, 1]: s_k for each sample. */
  strength: (concept: number) => `concept.${concept}.strength`,
} as const;

function attachByMedian(graph: Graph, options: LocalizedOptions): Localization {
  const { pictures, ranks, hasRegions } = options;
  const batch = samplesOf(options);
  const strengths = hasRegions
    ? undefined
    : ranks.map((_, concept) => graph.input(medianNames.strength(concept), [batch, 1, 1]));
  // A picture's scores hold for all halves of guidance: [P, hw, 1] against [halves, P, hw, 1].
  const byHalf = (value: Value) =>
    pictures === 1 ? value : reshape(value, [batch / pictures, pictures, ...value.shape.slice(1)]);
  const bySample = (gate: Value) => (pictures === 1 ? gate : reshape(gate, [batch, ...gate.shape.slice(2)]));
  const nothing = graph.constant(float32(new Float32Array(1), [1]));
  const blocks: Value[] = [];
  const adapt = (site: SiteValues): Value => {
    blocks.push(site.attention!);
    // The conditional sample's scores decide where both samples' residuals act.
    const scores = ranks.map((_, concept) => conditionalScore(site, concept, pictures));
    const highest = scores.reduce((left, right) => maximum(left, right));
    return withLocalizedResiduals(graph, site, ranks, (concept) => {
      const score = scores[concept]!;
      const strength = byHalf(strengths?.[concept] ?? gateInput(graph, concept, site));
      const gate = where(aboveMedian(score), strength, nothing);
      // Where the masks of several concepts overlap, the pixel belongs to the one with the higher score.
      return bySample(ranks.length === 1 ? gate : where(greaterOrEqual(score, highest), gate, nothing));
    });
  };
  const adapter = { attentionColumns: attentionColumns(graph, options), adapt };
  return { adapter, outputs: () => scoresOutput(blocks) };
}

/** A concept's scores for the conditional samples, [P, hw, 1]; of one picture [hw, 1]. */
function conditionalScore(
  { attention, height, width }: SiteValues,
  concept: number,
  pictures: number,
): Value {
  const [rows, concepts] = attention!.shape as [number, number];
  const conditional = slice(attention!, 0, rows - pictures * height * width, rows);
  const score = concepts === 1 ? conditional : slice(conditional, 1, concept, concept + 1);
  return pictures === 1 ? score : reshape(score, [pictures, height * width, 1]);
}

/**
 * score [..., hw, 1] -> true where it is strictly above the lower-middle median of the block's pixels, which is
 * torch.median's choice.
 *
 * @internal
 */
export function aboveMedian(score: Value): Value {
  const axis = score.shape.length - 2;
  const lowerHalf = Math.floor((score.shape[axis]! - 1) / 2) + 1;
  const smallest = topK(score, lowerHalf, axis, { largest: false }); // ascending
  return greater(score, gather(smallest, score.graph.constant(int64([lowerHalf - 1])), axis));
}

class MedianLocalizer implements Localizer {
  readonly #options: LocalizerOptions;
  readonly #feeds: Feeds;
  /** Outputs of the last step; read only when masks() is called. */
  #outputs: Feeds | undefined;
  #at = ALONE;

  constructor(options: LocalizerOptions) {
    this.#options = options;
    const hasRegions = options.concepts.some(({ region }) => region !== undefined);
    this.#feeds = hasRegions ? regionGates(options) : strengthFeeds(options);
  }

  feeds(): Feeds {
    return this.#feeds;
  }

  observe(outputs: Feeds, at: BatchIndex = ALONE): void {
    this.#outputs = outputs;
    this.#at = at;
  }

  masks(): readonly LocalizedMask[] | undefined {
    if (this.#outputs === undefined) return undefined;
    const estimator = new AttentionEstimator(this.#options);
    const maps = estimator.observe(this.#outputs, this.#at);
    return estimator.masks().map((found, concept) => {
      const { region } = this.#options.concepts[concept]!;
      const within = region && reduceByMean(region, this.#options, estimator.grid);
      return { ...found!, mask: withinRegion(shareOfMedians(maps[concept]!), within) };
    });
  }
}

function strengthFeeds({ concepts }: LocalizerOptions): Feeds {
  return Object.fromEntries(
    concepts.map(({ strengths }, concept) => [
      medianNames.strength(concept),
      float32(strengths, [strengths.length, 1, 1]),
    ]),
  );
}

/** Strength times region at every resolution that has residuals, in place of the strengths. */
function regionGates(options: LocalizerOptions): Feeds {
  const feeds: Record<string, Tensor> = {};
  for (const [concept, { strengths, blocks, region }] of options.concepts.entries()) {
    const everywhere = region ?? new Float32Array(options.height * options.width).fill(1);
    for (const grid of gridsOf(options.sites, blocks, options)) {
      const mask = reduceByMean(everywhere, options, grid);
      feeds[gateName(concept, grid.height, grid.width)] = maskTensor(mask, strengths);
    }
  }
  return feeds;
}

/** Each block has a median mask of its own: shown is the share of the finest blocks that marked a cell. */
function shareOfMedians(maps: readonly ScoreMap[]): Float32Array {
  const cells = Math.max(...maps.map(({ score }) => score.length));
  const finest = maps.filter(({ score }) => score.length === cells);
  const mask = new Float32Array(cells);
  for (const { score } of finest) {
    const median = score.slice().sort()[Math.floor((cells - 1) / 2)]!;
    for (const [cell, value] of score.entries()) if (value > median) mask[cell]! += 1 / finest.length;
  }
  return mask;
}

export const medianSource = {
  attach: attachByMedian,
  localizer: (options: LocalizerOptions) => new MedianLocalizer(options),
};
