/** Masks that are made between two steps, from what the steps before showed. */

import type { Tensor } from '../tensor/tensor.ts';
import { gateName } from './localized-residuals.ts';
import type { Feeds, Localizer, LocalizerOptions, Observer } from './localizer.ts';
import { gateTensor, gridsOf, type LocalizedMask, sharedOut } from './mask.ts';
import type { Grid } from './regions.ts';
import { reduceByMean } from './resample.ts';

export class GateLocalizer implements Localizer {
  readonly #options: LocalizerOptions;
  readonly #observer: Observer;
  /** The resolutions that each concept has mask inputs at. */
  readonly #grids: readonly (readonly Grid[])[];
  /**
   * Of the next step. At first everywhere, since nothing is known; there several concepts share what one would have in an
   * adaptive mask. Other masks stay everywhere.
   */
  #feeds: Feeds;

  constructor(options: LocalizerOptions, observer: Observer) {
    this.#options = options;
    this.#observer = observer;
    this.#grids = options.concepts.map(({ blocks }) => gridsOf(options.sites, blocks, options));
    const share = options.mode === 'adaptive' ? observer.firstShare / options.concepts.length : 1;
    const everywhere = new Float32Array(observer.grid.height * observer.grid.width).fill(share);
    this.#feeds = this.#gates(() => everywhere);
  }

  feeds(): Feeds {
    return this.#feeds;
  }

  observe(outputs: Feeds): void {
    this.#observer.observe(outputs);
    // At once, while what was observed is still in the processor's cache: a step of the model drives it out.
    const masks = this.#options.mode === 'adaptive' ? this.masks() : undefined;
    if (masks !== undefined) this.#feeds = this.#gates((concept) => masks[concept]!.mask);
  }

  masks(): readonly LocalizedMask[] | undefined {
    return sharedOut(this.#observer.masks());
  }

  #gates(maskOf: (concept: number) => Float32Array): Feeds {
    const feeds: Record<string, Tensor> = {};
    for (const [concept, { strengths }] of this.#options.concepts.entries()) {
      const mask = maskOf(concept);
      for (const grid of this.#grids[concept]!) {
        const name = gateName(concept, grid.height, grid.width);
        feeds[name] = gateTensor(reduceByMean(mask, this.#observer.grid, grid), strengths);
      }
    }
    return feeds;
  }
}
