/**
 * Attention as a mask source: the scores A_{i,C} of all blocks leave the graph beside the prediction, and make the mask of
 * the next step. For concepts without a probe, such as those taught from photos that are not cut out.
 */

import type { Graph } from '../../graph/graph.ts';
import { concat } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import { float32, type Tensor } from '../../tensor/tensor.ts';
import { AttentionMask, type ScoreMap } from '../attention-mask.ts';
import {
  ALONE,
  type BatchIndex,
  type Feeds,
  type LocalizerOptions,
  type MaskEstimator,
  StepwiseLocalizer,
} from '../localizer.ts';
import { gridAt, type LocalizedMask } from '../mask.ts';
import {
  gateInput,
  type Localization,
  type LocalizedOptions,
  samplesOf,
  withLocalizedResiduals,
} from '../mask-source.ts';
import type { Grid } from '../regions.ts';

/**
 * Names of the inputs and outputs that scores add to the graph.
 * @internal
 */
export const attentionNames = {
  /** [L, 1]: 1 at every token of the concept, identifier and each sub-word of the class word; else 0. */
  tokenWeights: (concept: number) => `concept.${concept}.token_weights`,
  /**
   * Output [B hw of every block, one after the other in the order of the sites, concepts]: the probability that a pixel
   * gives a concept's tokens, averaged over heads. Only conditional samples, a block's last, have such tokens.
   */
  scores: 'scores',
} as const;

/** The weights of all concepts for every sample, [B L, concepts]. */
export function attentionColumns(graph: Graph, options: LocalizedOptions): Value {
  const { tokens, ranks } = options;
  const weights = ranks.map((_, concept) => graph.input(attentionNames.tokenWeights(concept), [tokens, 1]));
  return concat(new Array<Value>(samplesOf(options)).fill(concat(weights, 1)), 0);
}

/** @param blocks [B hw, concepts] of each, in the order of the sites */
export function scoresOutput(blocks: readonly Value[]): ReadonlyMap<string, Value> {
  return new Map([[attentionNames.scores, concat(blocks, 0)]]);
}

/** @param indexes positions of the tokens in the prompt of `tokens` */
export function tokenWeightFeeds(
  concept: number,
  indexes: readonly number[],
  tokens: number,
): Record<string, Tensor> {
  const weights = new Float32Array(tokens);
  for (const index of indexes) weights[index] = 1;
  return { [attentionNames.tokenWeights(concept)]: float32(weights, [tokens, 1]) };
}

interface ScoreLayout {
  readonly blocks: readonly Grid[];
  /** Samples in a run, B. */
  readonly batch: number;
  readonly concepts: number;
}

/**
 * Each concept's maps, of all blocks, for a picture's conditional sample; such samples are the last of the batch.
 *
 * @internal
 */
export function readScores(
  scores: Float32Array,
  { blocks, batch, concepts }: ScoreLayout,
  { index, pictures }: BatchIndex = ALONE,
): ScoreMap[][] {
  return Array.from({ length: concepts }, (_, concept) => {
    let end = 0;
    return blocks.map(({ height, width }) => {
      const score = new Float32Array(height * width);
      end += batch * score.length * concepts;
      const first = end - (pictures - index) * score.length * concepts + concept;
      for (let cell = 0; cell < score.length; cell++) score[cell] = scores[first + cell * concepts]!;
      return { height, width, score };
    });
  });
}

function attachByAttention(graph: Graph, options: LocalizedOptions): Localization {
  const blocks: Value[] = [];
  return {
    adapter: {
      attentionColumns: attentionColumns(graph, options),
      adapt: (site) => {
        blocks.push(site.attention!);
        return withLocalizedResiduals(graph, site, options.ranks, (concept) =>
          gateInput(graph, concept, site),
        );
      },
    },
    outputs: () => scoresOutput(blocks),
  };
}

/** Masks by the score maps of each step, as they leave the graph. */
export class AttentionEstimator implements MaskEstimator {
  /** The finest resolution that attention has. */
  readonly grid: Grid;
  /** As much of the product as all of it, and more of the scene (docs/settings.md). */
  readonly initialMaskValue = 0.5;
  /** As a run of one picture has it. */
  readonly #layout: ScoreLayout;
  readonly #masks: readonly AttentionMask[];

  constructor(options: LocalizerOptions) {
    const { concepts, sites } = options;
    this.grid = gridAt(options, Math.min(...sites.map(({ stride }) => stride)));
    this.#layout = {
      blocks: sites.map(({ stride }) => gridAt(options, stride)),
      batch: concepts[0]?.strengths.length ?? 1,
      concepts: concepts.length,
    };
    this.#masks = concepts.map(() => new AttentionMask(this.grid));
  }

  /** @returns score maps, by concept and block */
  observe(outputs: Feeds, at: BatchIndex): readonly (readonly ScoreMap[])[] {
    const scores = outputs[attentionNames.scores]!.data as Float32Array;
    const maps = readScores(scores, { ...this.#layout, batch: at.pictures * this.#layout.batch }, at);
    for (const [concept, mask] of this.#masks.entries()) mask.observe(maps[concept]!);
    return maps;
  }

  masks(): readonly (LocalizedMask | undefined)[] {
    return this.#masks.map((mask) => mask.current());
  }
}

export const attentionSource = {
  attach: attachByAttention,
  localizer: (options: LocalizerOptions) => new StepwiseLocalizer(options, new AttentionEstimator(options)),
};
