/**
 * Localizer: the mask inputs of each denoising step of a picture, and the masks that people see. Each mask source in
 * sources/ has a localizer of its own, or an estimator for StepwiseLocalizer.
 */

import type { MaskMode } from '../../shared/protocol/requests.ts';
import type { AdapterSite } from '../models/family.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { gridsOf, type LocalizedMask, maskTensor, resolveOverlaps } from './mask.ts';
import { gateName } from './mask-source.ts';
import type { Grid } from './regions.ts';
import { reduceByMean } from './resample.ts';

export type Feeds = Readonly<Record<string, Tensor>>;

/** A picture's place among those of a run: all have each half of guidance side by side, in their order. */
export interface BatchIndex {
  /** From 0. */
  readonly index: number;
  readonly pictures: number;
}

export const ALONE: BatchIndex = { index: 0, pictures: 1 };

/** Masks of one picture, step by step. */
export interface Localizer {
  /** Mask inputs of the next step, for the samples of this picture. */
  feeds(): Feeds;
  /** Updates the masks from the outputs of a step. @param at default: the run was of this picture alone */
  observe(outputs: Feeds, at?: BatchIndex): void;
  /** Mask of each concept, for people to see; undefined before the first step. */
  masks(): readonly LocalizedMask[] | undefined;
}

export interface LocalizerOptions {
  readonly mode: MaskMode;
  readonly sites: readonly AdapterSite[];
  readonly concepts: readonly LocalizedConcept[];
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
}

/** A concept that the prompt names. */
interface LocalizedConcept {
  /** s_k, one for each sample of a picture. */
  readonly strengths: readonly number[];
  /** Module paths of the blocks that it has residuals at; a LoRA may leave some out. */
  readonly blocks: ReadonlySet<string>;
  /** [height, width] of the latents, 0..1: how far it may act in a cell. Default: everywhere. */
  readonly region?: Float32Array | undefined;
}

/** Finds the concepts in the outputs of steps, of one picture. */
export interface MaskEstimator {
  /** Resolution of its masks. */
  readonly grid: Grid;
  /** Mask value everywhere in an adaptive first step, which shows noise alone: 0 to 1. */
  readonly initialMaskValue: number;
  observe(outputs: Feeds, at: BatchIndex): unknown;
  /** One a concept; undefined before the first step. */
  masks(): readonly (LocalizedMask | undefined)[];
}

/** Masks that are made between two steps, from the outputs of the steps before. */
export class StepwiseLocalizer implements Localizer {
  readonly #options: LocalizerOptions;
  readonly #estimator: MaskEstimator;
  /** The resolutions that each concept has mask inputs at. */
  readonly #grids: readonly (readonly Grid[])[];
  /** One a concept that has any, at the estimator's resolution. */
  readonly #regions: readonly (Float32Array | undefined)[];
  /**
   * Mask inputs of the next step. At first they cover everything, since nothing is known; in an adaptive mask several
   * concepts divide the value that one would have. Other masks keep covering everything.
   */
  #feeds: Feeds;

  constructor(options: LocalizerOptions, estimator: MaskEstimator) {
    this.#options = options;
    this.#estimator = estimator;
    this.#grids = options.concepts.map(({ blocks }) => gridsOf(options.sites, blocks, options));
    this.#regions = options.concepts.map(
      ({ region }) => region && reduceByMean(region, options, estimator.grid),
    );
    const share = options.mode === 'adaptive' ? estimator.initialMaskValue / options.concepts.length : 1;
    const everywhere = new Float32Array(estimator.grid.height * estimator.grid.width).fill(share);
    this.#feeds = this.#gates((concept) => withinRegion(everywhere, this.#regions[concept]));
  }

  /** Mask inputs of the next step, [B, hw, 1] for each concept and resolution. */
  feeds(): Feeds {
    return this.#feeds;
  }

  observe(outputs: Feeds, at = ALONE): void {
    this.#estimator.observe(outputs, at);
    // At once, while the outputs are still in the processor's cache: a step of the model drives it out.
    const masks = this.#options.mode === 'adaptive' ? this.masks() : undefined;
    if (masks !== undefined) this.#feeds = this.#gates((concept) => masks[concept]!.mask);
  }

  /** One a concept, [height * width] of the estimator's grid, 0 to 1; undefined before the first step. */
  masks(): readonly LocalizedMask[] | undefined {
    return resolveOverlaps(this.#estimator.masks().map((mask, concept) => this.#within(mask, concept)));
  }

  #within(found: LocalizedMask | undefined, concept: number): LocalizedMask | undefined {
    return found && { ...found, mask: withinRegion(found.mask, this.#regions[concept]) };
  }

  #gates(maskOf: (concept: number) => Float32Array): Feeds {
    const feeds: Record<string, Tensor> = {};
    for (const [concept, { strengths }] of this.#options.concepts.entries()) {
      const mask = maskOf(concept);
      for (const grid of this.#grids[concept]!) {
        const name = gateName(concept, grid.height, grid.width);
        feeds[name] = maskTensor(reduceByMean(mask, this.#estimator.grid, grid), strengths);
      }
    }
    return feeds;
  }
}

/** The mask where the concept may act; both at one resolution. */
export function withinRegion(mask: Float32Array, region: Float32Array | undefined): Float32Array {
  return region === undefined ? mask : mask.map((value, cell) => value * region[cell]!);
}
