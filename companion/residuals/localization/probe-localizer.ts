/** Localization by the concepts' probes: the mask of step t comes from the features of the steps before it. */

import type { Tensor } from '../../checkpoint/tensor.ts';
import { probedNames } from './attach-by-probe.ts';
import { gateTensor, gridsOf, type LocalizedMask, sharedOut } from './localized-mask.ts';
import type { Feeds, Localizer, LocalizerOptions } from './localizer.ts';
import { ProbeMask } from './probe-mask.ts';
import type { Grid } from './regions.ts';
import { reduceByMean } from './resample.ts';

export class ProbeLocalizer implements Localizer {
  readonly #options: LocalizerOptions;
  /** The resolutions that each concept has mask inputs at. */
  readonly #grids: readonly (readonly Grid[])[];
  readonly #masks: readonly ProbeMask[];
  /**
   * Everywhere: of every step, or of the adaptive mask's first, which shows noise alone. There several concepts share
   * what one would have.
   */
  readonly #first: Feeds;

  constructor(options: LocalizerOptions) {
    this.#options = options;
    this.#grids = options.concepts.map(({ blocks }) => gridsOf(options.sites, blocks, options));
    this.#masks = options.concepts.map(() => new ProbeMask({ height: options.height, width: options.width }));
    const share = options.mode === 'adaptive' ? 1 / options.concepts.length : 1;
    const everywhere = new Float32Array(options.height * options.width).fill(share);
    this.#first = this.#gates(() => everywhere);
  }

  feeds(): Feeds {
    const masks = this.#options.mode === 'adaptive' ? this.masks() : undefined;
    return masks === undefined ? this.#first : this.#gates((concept) => masks[concept]!.mask);
  }

  observe(outputs: Feeds): void {
    const logits = outputs[probedNames.logits]!.data as Float32Array; // [concepts, 1, h, w]
    const cells = this.#options.height * this.#options.width;
    for (const [concept, mask] of this.#masks.entries()) {
      mask.observe(logits.subarray(concept * cells, (concept + 1) * cells));
    }
  }

  masks(): readonly LocalizedMask[] | undefined {
    return sharedOut(this.#masks.map((mask) => mask.current()));
  }

  #gates(maskOf: (concept: number) => Float32Array): Feeds {
    const feeds: Record<string, Tensor> = {};
    for (const [concept, { strengths }] of this.#options.concepts.entries()) {
      const mask = maskOf(concept);
      for (const grid of this.#grids[concept]!) {
        const name = probedNames.gate(concept, grid.height, grid.width);
        feeds[name] = gateTensor(reduceByMean(mask, this.#options, grid), strengths);
      }
    }
    return feeds;
  }
}
