/** Finds the concepts by their probes. */

import type { Feeds, LocalizerOptions, Observer } from '../localizer.ts';
import type { LocalizedMask } from '../mask.ts';
import type { Grid } from '../regions.ts';
import { probedNames } from './probe.ts';
import { ProbeMask } from './probe-mask.ts';

export class ProbeObserver implements Observer {
  /** The latents'. */
  readonly grid: Grid;
  /** Half would cost more of the product than it leaves of the scene (docs/settings.md). */
  readonly firstShare = 1;
  readonly #masks: readonly ProbeMask[];

  constructor({ height, width, concepts }: LocalizerOptions) {
    this.grid = { height, width };
    this.#masks = concepts.map(() => new ProbeMask(this.grid));
  }

  observe(outputs: Feeds): void {
    const logits = outputs[probedNames.logits]!.data as Float32Array; // [concepts, 1, h, w]
    const cells = this.grid.height * this.grid.width;
    for (const [concept, mask] of this.#masks.entries()) {
      mask.observe(logits.subarray(concept * cells, (concept + 1) * cells));
    }
  }

  masks(): readonly (LocalizedMask | undefined)[] {
    return this.#masks.map((mask) => mask.current());
  }
}
