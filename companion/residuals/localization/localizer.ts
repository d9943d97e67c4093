/** Feeds the mask inputs of each denoising step by the chosen mode, and keeps what the blocks' attention showed. */

import type { MaskMode } from '../../../shared/protocol/requests.ts';
import { float32, type Tensor } from '../../checkpoint/tensor.ts';
import type { Site } from '../sites.ts';
import { AdaptiveMask, type LocalizedMask, type ScoreMap } from './adaptive-mask.ts';
import { localizedNames } from './attach-localized.ts';
import type { Grid } from './regions.ts';
import { reduceByMean } from './resample.ts';

export interface LocalizerOptions {
  readonly mode: MaskMode;
  readonly sites: readonly Site[];
  /** s_k of each concept that the prompt names, one for each sample of the UNet's batch. */
  readonly strengths: readonly (readonly number[])[];
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
}

type Feeds = Readonly<Record<string, Tensor>>;

/** For one picture. */
export class Localizer {
  readonly #options: LocalizerOptions;
  readonly #finest: Grid;
  /** The resolutions that blocks have, and those of all blocks in the order of their scores. */
  readonly #grids: readonly Grid[];
  readonly #blocks: readonly Grid[];
  readonly #masks: readonly AdaptiveMask[];
  /** Mask inputs that need no attention seen before: those of every step, or of the adaptive mask's first. */
  readonly #first: Feeds;
  #observed: Float32Array | undefined;

  constructor(options: LocalizerOptions) {
    this.#options = options;
    const levels = [...new Set(options.sites.map(({ level }) => level))];
    this.#grids = levels.map((level) => gridAt(options, level));
    this.#finest = gridAt(options, Math.min(...levels));
    this.#blocks = options.sites.map(({ level }) => gridAt(options, level));
    this.#masks = options.strengths.map(() => new AdaptiveMask(this.#finest));
    const cells = this.#finest.height * this.#finest.width;
    const [everywhere, nowhere] = [new Float32Array(cells).fill(1), new Float32Array(cells)];
    const byMedian = options.mode === 'median' || options.mode === 'adaptive';
    this.#first = this.#gates(() => [everywhere, byMedian ? nowhere : everywhere]);
  }

  /** Mask inputs of the next step. */
  feeds(): Feeds {
    const adaptive = this.#options.mode === 'adaptive' ? this.#current() : undefined;
    if (adaptive === undefined) return this.#first;
    return this.#gates((concept) => [adaptive[concept]!.mask, adaptive[concept]!.mask]);
  }

  /** Takes in the scores that a step gave out. */
  observe(outputs: Readonly<Record<string, Tensor>>): void {
    const scores = outputs[localizedNames.scores]!.data as Float32Array;
    this.#observed = scores;
    for (const [concept, mask] of this.#masks.entries()) mask.observe(this.#maps(scores, 2 * concept + 1));
  }

  /** Where each concept acted, for people to see. Undefined before the first step. */
  masks(): readonly LocalizedMask[] | undefined {
    const observed = this.#observed;
    if (this.#options.mode !== 'median' || observed === undefined) return this.#current();
    return this.#masks.map((mask, concept) => ({
      ...mask.current()!,
      mask: this.#shareOfMedians(this.#maps(observed, 2 * concept)),
    }));
  }

  /** One mask a concept; where several claim a cell, it belongs to the one with the most attention. */
  #current(): readonly LocalizedMask[] | undefined {
    const masks = this.#masks.map((mask) => mask.current());
    if (!masks.every((mask) => mask !== undefined)) return undefined;
    if (masks.length === 1) return masks;
    return masks.map((own) => ({
      ...own,
      mask: own.mask.map((value, cell) =>
        masks.some((other) => other.attention[cell]! > own.attention[cell]! && other.mask[cell] === 1)
          ? 0
          : value,
      ),
    }));
  }

  /** What `maskOf` gives a concept above and below a block's median, at the finest level, as inputs of the graph. */
  #gates(maskOf: (concept: number) => readonly [above: Float32Array, below: Float32Array]): Feeds {
    const feeds: Record<string, Tensor> = {};
    for (const [concept, strengths] of this.#options.strengths.entries()) {
      const [above, below] = maskOf(concept);
      for (const grid of this.#grids) {
        const gate = (mask: Float32Array) => scaledCopies(reduceByMean(mask, this.#finest, grid), strengths);
        const upper = gate(above);
        feeds[localizedNames.above(concept, grid.height, grid.width)] = upper;
        feeds[localizedNames.below(concept, grid.height, grid.width)] = above === below ? upper : gate(below);
      }
    }
    return feeds;
  }

  /** A column of every block's scores, for the conditional sample: the last of the batch. */
  #maps(scores: Float32Array, column: number): ScoreMap[] {
    const { strengths } = this.#options;
    const [columns, batch] = [2 * strengths.length, strengths[0]!.length];
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

/** mask [hw] -> [B hw, 1]: the mask times each sample's strength, one after the other. */
function scaledCopies(mask: Float32Array, strengths: readonly number[]): Tensor {
  const cells = mask.length;
  const copies = new Float32Array(strengths.length * cells);
  for (const [sample, exact] of strengths.entries()) {
    const strength = Math.fround(exact);
    for (let cell = 0; cell < cells; cell++) copies[sample * cells + cell] = mask[cell]! * strength;
  }
  return float32(copies, [copies.length, 1]);
}

function gridAt({ height, width }: Grid, level: number): Grid {
  return { height: height / 2 ** level, width: width / 2 ** level };
}
