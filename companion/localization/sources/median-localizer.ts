/** The paper's masks, which the graph makes by itself: told are the strengths, and shown is what the blocks marked. */

import { float32 } from '../../tensor/tensor.ts';
import type { ScoreMap } from '../attention-mask.ts';
import type { Feeds, Localizer, LocalizerOptions } from '../localizer.ts';
import type { LocalizedMask } from '../mask.ts';
import { AttentionObserver } from './attention-observer.ts';
import { medianNames } from './median.ts';

export class MedianLocalizer implements Localizer {
  readonly #options: LocalizerOptions;
  readonly #feeds: Feeds;
  /** What the last step gave out; looked at when somebody wants to see it. */
  #outputs: Feeds | undefined;

  constructor(options: LocalizerOptions) {
    this.#options = options;
    this.#feeds = Object.fromEntries(
      options.concepts.map(({ strengths }, concept) => [
        medianNames.strength(concept),
        float32(strengths, [strengths.length, 1, 1]),
      ]),
    );
  }

  feeds(): Feeds {
    return this.#feeds;
  }

  observe(outputs: Feeds): void {
    this.#outputs = outputs;
  }

  masks(): readonly LocalizedMask[] | undefined {
    if (this.#outputs === undefined) return undefined;
    const observer = new AttentionObserver(this.#options);
    const maps = observer.observe(this.#outputs);
    return observer.masks().map((found, concept) => ({ ...found!, mask: shareOfMedians(maps[concept]!) }));
  }
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
