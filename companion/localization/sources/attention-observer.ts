/** Finds the concepts by cross-attention: those without a probe, such as taught from photos that are not cut out. */

import { AttentionMask, type ScoreMap } from '../attention-mask.ts';
import type { Feeds, LocalizerOptions, Observer } from '../localizer.ts';
import { gridAt, type LocalizedMask } from '../mask.ts';
import type { Grid } from '../regions.ts';
import { attentionNames, readScores } from './attention-scores.ts';

export class AttentionObserver implements Observer {
  /** The finest that attention has. */
  readonly grid: Grid;
  /** As much of the product as all of it, and more of the scene (docs/settings.md). */
  readonly firstShare = 0.5;
  readonly #layout: Parameters<typeof readScores>[1];
  readonly #masks: readonly AttentionMask[];

  constructor(options: LocalizerOptions) {
    const { concepts, sites } = options;
    this.grid = gridAt(options, Math.min(...sites.map(({ level }) => level)));
    this.#layout = {
      blocks: sites.map(({ level }) => gridAt(options, level)),
      batch: concepts[0]?.strengths.length ?? 1,
      concepts: concepts.length,
    };
    this.#masks = concepts.map(() => new AttentionMask(this.grid));
  }

  /** @returns what was seen, by concept and block */
  observe(outputs: Feeds): readonly (readonly ScoreMap[])[] {
    const maps = readScores(outputs[attentionNames.scores]!.data as Float32Array, this.#layout);
    for (const [concept, mask] of this.#masks.entries()) mask.observe(maps[concept]!);
    return maps;
  }

  masks(): readonly (LocalizedMask | undefined)[] {
    return this.#masks.map((mask) => mask.current());
  }
}
