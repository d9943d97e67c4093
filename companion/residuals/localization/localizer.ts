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
  /** How many concepts the prompt names. */
  readonly concepts: number;
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
  /** Samples in the UNet's batch: 2 with guidance (unconditional, conditional), else 1. */
  readonly batch: 1 | 2;
}

/** For one picture. */
export class Localizer {
  readonly #options: LocalizerOptions;
  readonly #finest: Grid;
  readonly #levels: readonly number[];
  readonly #masks: readonly AdaptiveMask[];
  #medians: readonly LocalizedMask[] | undefined;

  constructor(options: LocalizerOptions) {
    this.#options = options;
    this.#levels = [...new Set(options.sites.map(({ level }) => level))];
    const finest = Math.min(...this.#levels);
    this.#finest = gridAt(options, finest);
    this.#masks = Array.from({ length: options.concepts }, () => new AdaptiveMask(this.#finest));
  }

  /** Mask inputs of the next step. */
  feeds(): Record<string, Tensor> {
    const { mode, concepts, batch } = this.#options;
    if (concepts === 0) return {};
    const adaptive = mode === 'adaptive' ? this.#current() : undefined;
    const useMedian = mode === 'median' || (mode === 'adaptive' && adaptive === undefined);
    const feeds: Record<string, Tensor> = { [localizedNames.useMedian]: float32([useMedian ? 1 : 0], []) };
    for (let concept = 0; concept < concepts; concept++) {
      for (const level of this.#levels) {
        const grid = gridAt(this.#options, level);
        const cells = grid.height * grid.width;
        const mask =
          adaptive === undefined
            ? new Float32Array(cells).fill(1)
            : reduceByMean(adaptive[concept]!.mask, this.#finest, grid);
        const repeated = new Float32Array(batch * cells);
        for (let sample = 0; sample < batch; sample++) repeated.set(mask, sample * cells);
        const name = localizedNames.givenMask(concept, grid.height, grid.width);
        feeds[name] = float32(repeated, [batch, cells, 1]);
      }
    }
    return feeds;
  }

  /** Takes in the scores that a step gave out. */
  observe(outputs: Readonly<Record<string, Tensor>>): void {
    const { sites, concepts, mode } = this.#options;
    const mapsOf = (name: (concept: number, path: string) => string, concept: number) =>
      sites.map((site): ScoreMap => {
        const score = outputs[name(concept, site.path)]!;
        return { ...gridAt(this.#options, site.level), score: score.data as Float32Array };
      });
    for (let concept = 0; concept < concepts; concept++) {
      this.#masks[concept]!.observe(mapsOf(localizedNames.objectScore, concept));
    }
    if (mode !== 'median') return;
    this.#medians = this.#masks.map((_, concept) =>
      this.#medianOf(mapsOf(localizedNames.score, concept), concept),
    );
  }

  /** Where each concept acted, for people to see. Undefined before the first step. */
  masks(): readonly LocalizedMask[] | undefined {
    return this.#medians ?? this.#current();
  }

  /** One mask a concept; where several claim a cell, it belongs to the one with the most attention. */
  #current(): readonly LocalizedMask[] | undefined {
    const masks = this.#masks.map((mask) => mask.current());
    if (!masks.every((mask) => mask !== undefined)) return undefined;
    return masks.map((own) => ({
      ...own,
      mask: own.mask.map((value, cell) =>
        masks.some((other) => other.attention[cell]! > own.attention[cell]! && other.mask[cell] === 1)
          ? 0
          : value,
      ),
    }));
  }

  /** Each block has a median mask of its own: shown is the share of the finest blocks that marked a cell. */
  #medianOf(maps: readonly ScoreMap[], concept: number): LocalizedMask {
    const finest = maps.filter(
      ({ height, width }) => height * width === this.#finest.height * this.#finest.width,
    );
    const mask = new Float32Array(this.#finest.height * this.#finest.width);
    for (const { score } of finest) {
      const median = score.slice().sort()[Math.floor((score.length - 1) / 2)]!;
      for (const [cell, value] of score.entries()) if (value > median) mask[cell]! += 1 / finest.length;
    }
    const adaptive = this.#masks[concept]!.current()!;
    return { ...adaptive, mask };
  }
}

function gridAt({ height, width }: Grid, level: number): Grid {
  return { height: height / 2 ** level, width: width / 2 ** level };
}
