/**
 * Localization by cross-attention: the paper's median mask, and the adaptive one for concepts without a probe, such as
 * those taught from photos whose object is not cut out.
 */

import type { Tensor } from '../../checkpoint/tensor.ts';
import { attentionNames } from './attach-by-attention.ts';
import { AttentionMask, type ScoreMap } from './attention-mask.ts';
import { gateTensor, gridAt, gridsOf, type LocalizedMask, sharedOut } from './localized-mask.ts';
import type { Feeds, Localizer, LocalizerOptions } from './localizer.ts';
import type { Grid } from './regions.ts';
import { reduceByMean } from './resample.ts';

export class AttentionLocalizer implements Localizer {
  readonly #options: LocalizerOptions;
  readonly #finest: Grid;
  /** The resolutions that each concept has mask inputs at, and those of all blocks in the order of their scores. */
  readonly #grids: readonly (readonly Grid[])[];
  readonly #blocks: readonly Grid[];
  readonly #masks: readonly AttentionMask[];
  /** Mask inputs that need no attention seen before: those of every step, or of the adaptive mask's first. */
  readonly #first: Feeds;
  #observed: Float32Array | undefined;

  constructor(options: LocalizerOptions) {
    this.#options = options;
    this.#grids = options.concepts.map(({ blocks }) => gridsOf(options.sites, blocks, options));
    this.#finest = gridAt(options, Math.min(...options.sites.map(({ level }) => level)));
    this.#blocks = options.sites.map(({ level }) => gridAt(options, level));
    this.#masks = options.concepts.map(() => new AttentionMask(this.#finest));
    const cells = this.#finest.height * this.#finest.width;
    const [everywhere, nowhere] = [new Float32Array(cells).fill(1), new Float32Array(cells)];
    const byMedian = options.mode === 'median' || options.mode === 'adaptive';
    this.#first = this.#gates(() => [everywhere, byMedian ? nowhere : everywhere]);
  }

  feeds(): Feeds {
    const adaptive = this.#options.mode === 'adaptive' ? this.#current() : undefined;
    if (adaptive === undefined) return this.#first;
    return this.#gates((concept) => [adaptive[concept]!.mask, adaptive[concept]!.mask]);
  }

  observe(outputs: Feeds): void {
    const scores = outputs[attentionNames.scores]!.data as Float32Array;
    this.#observed = scores;
    for (const [concept, mask] of this.#masks.entries()) mask.observe(this.#maps(scores, 2 * concept + 1));
  }

  masks(): readonly LocalizedMask[] | undefined {
    const observed = this.#observed;
    if (this.#options.mode !== 'median' || observed === undefined) return this.#current();
    return this.#masks.map((mask, concept) => ({
      ...mask.current()!,
      mask: this.#shareOfMedians(this.#maps(observed, 2 * concept)),
    }));
  }

  #current(): readonly LocalizedMask[] | undefined {
    return sharedOut(this.#masks.map((mask) => mask.current()));
  }

  /** What `maskOf` gives a concept above and below a block's median, at the finest level, as inputs of the graph. */
  #gates(maskOf: (concept: number) => readonly [above: Float32Array, below: Float32Array]): Feeds {
    const feeds: Record<string, Tensor> = {};
    for (const [concept, { strengths }] of this.#options.concepts.entries()) {
      const [above, below] = maskOf(concept);
      for (const grid of this.#grids[concept]!) {
        const gate = (mask: Float32Array) => gateTensor(reduceByMean(mask, this.#finest, grid), strengths);
        const upper = gate(above);
        feeds[attentionNames.above(concept, grid.height, grid.width)] = upper;
        feeds[attentionNames.below(concept, grid.height, grid.width)] = above === below ? upper : gate(below);
      }
    }
    return feeds;
  }

  /** A column of every block's scores, for the conditional sample: the last of the batch. */
  #maps(scores: Float32Array, column: number): ScoreMap[] {
    const { concepts } = this.#options;
    const [columns, batch] = [2 * concepts.length, concepts[0]!.strengths.length];
    let end = 0;
    return this.#blocks.map(({ height, width }) => {
      const score = new Float32Array(height * width);
      end += batch * score.length * columns;
      const first = end - score.length * columns + column;
      for (let cell = 0; cell < score.length; cell++) score[cell] = scores[first + cell * columns]!;
      return { height, width, score };
    });
  }

  /** Each block has a median mask of its own: shown is the share of the finest blocks that marked a cell. */
  #shareOfMedians(maps: readonly ScoreMap[]): Float32Array {
    const cells = this.#finest.height * this.#finest.width;
    const finest = maps.filter(({ score }) => score.length === cells);
    const mask = new Float32Array(cells);
    for (const { score } of finest) {
      const median = score.slice().sort()[Math.floor((cells - 1) / 2)]!;
      for (const [cell, value] of score.entries()) if (value > median) mask[cell]! += 1 / finest.length;
    }
    return mask;
  }
}
