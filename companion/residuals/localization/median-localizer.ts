/** The paper's masks, which the graph makes by itself: told are the strengths, and shown is what the blocks marked. */

import { float32 } from '../../checkpoint/tensor.ts';
import { medianNames } from './attach-by-median.ts';
import type { ScoreMap } from './attention-mask.ts';
import type { AttentionObserver } from './attention-observer.ts';
import type { LocalizedMask } from './localized-mask.ts';
import type { Feeds, Localizer, LocalizerOptions } from './localizer.ts';

export class MedianLocalizer implements Localizer {
  readonly #observer: AttentionObserver;
  readonly #feeds: Feeds;

  constructor({ concepts }: LocalizerOptions, observer: AttentionObserver) {
    this.#observer = observer;
    this.#feeds = Object.fromEntries(
      concepts.map(({ strengths }, concept) => [
        medianNames.strength(concept),
        float32(strengths, [strengths.length, 1, 1]),
      ]),
    );
  }

  feeds(): Feeds {
    return this.#feeds;
  }

  observe(outputs: Feeds): void {
    this.#observer.observe(outputs);
  }

  masks(): readonly LocalizedMask[] | undefined {
    const { maps } = this.#observer;
    return (
      maps &&
      this.#observer.masks().map((found, concept) => ({
        ...found!,
        mask: this.#shareOfMedians(maps[concept]!),
      }))
    );
  }

  /** Each block has a median mask of its own: shown is the share of the finest blocks that marked a cell. */
  #shareOfMedians(maps: readonly ScoreMap[]): Float32Array {
    const cells = this.#observer.grid.height * this.#observer.grid.width;
    const finest = maps.filter(({ score }) => score.length === cells);
    const mask = new Float32Array(cells);
    for (const { score } of finest) {
      const median = score.slice().sort()[Math.floor((cells - 1) / 2)]!;
      for (const [cell, value] of score.entries()) if (value > median) mask[cell]! += 1 / finest.length;
    }
    return mask;
  }
}
