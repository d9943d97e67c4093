/**
 * Feeds the mask inputs of each denoising step by the chosen mode, and keeps what the step showed of the object.
 * Masks that are made between two steps, from what the steps before showed.
 */

import type { MaskMode } from '../../shared/protocol/requests.ts';
import type { AdapterSite } from '../models/family.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { gridsOf, type LocalizedMask, maskTensor, resolveOverlaps } from './mask.ts';
import { gateName, type MaskSource } from './mask-source.ts';
import type { Grid } from './regions.ts';
import { reduceByMean } from './resample.ts';
import { AttentionObserver } from './sources/attention.ts';
import { MedianLocalizer } from './sources/median.ts';
import { ProbeObserver } from './sources/probe.ts';

class StepwiseLocalizer implements Localizer {
  readonly #options: LocalizerOptions;
  readonly #observer: MaskEstimator;
  /** The resolutions that each concept has mask inputs at. */
  readonly #grids: readonly (readonly Grid[])[];
  /**
   * Of the next step. At first everywhere, since nothing is known; there several concepts share what one would have in an
   * adaptive mask. Other masks stay everywhere.
   */
  #feeds: Feeds;

  constructor(options: LocalizerOptions, observer: MaskEstimator) {
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
    return resolveOverlaps(this.#observer.masks());
  }

  #gates(maskOf: (concept: number) => Float32Array): Feeds {
    const feeds: Record<string, Tensor> = {};
    for (const [concept, { strengths }] of this.#options.concepts.entries()) {
      const mask = maskOf(concept);
      for (const grid of this.#grids[concept]!) {
        const name = gateName(concept, grid.height, grid.width);
        feeds[name] = maskTensor(reduceByMean(mask, this.#observer.grid, grid), strengths);
      }
    }
    return feeds;
  }
}

/** A concept that the prompt names. */
interface LocalizedConcept {
  /** s_k, one for each sample of the UNet's batch. */
  readonly strengths: readonly number[];
  /** Module paths of the blocks that it has residuals at; a LoRA may leave some out. */
  readonly blocks: ReadonlySet<string>;
}

export interface LocalizerOptions {
  readonly mode: MaskMode;
  readonly sites: readonly AdapterSite[];
  readonly concepts: readonly LocalizedConcept[];
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
}

export type Feeds = Readonly<Record<string, Tensor>>;

/** For one picture. */
export interface Localizer {
  /** Mask inputs of the next step. */
  feeds(): Feeds;
  /** Takes in what a step gave out. */
  observe(outputs: Feeds): void;
  /** Where each concept acted, for people to see. Undefined before the first step. */
  masks(): readonly LocalizedMask[] | undefined;
}

/** Finds the concepts in what the steps of one picture give out. */
export interface MaskEstimator {
  /** Of its masks. */
  readonly grid: Grid;
  /** How far the residual acts everywhere in an adaptive first step, which shows noise alone: 0..1. */
  readonly firstShare: number;
  observe(outputs: Feeds): unknown;
  /** One a concept; undefined before the first step. */
  masks(): readonly (LocalizedMask | undefined)[];
}

export function createLocalizer(evidence: MaskSource, options: LocalizerOptions): Localizer {
  switch (evidence) {
    case 'median':
      return new MedianLocalizer(options);
    case 'attention':
      return new StepwiseLocalizer(options, new AttentionObserver(options));
    case 'probe':
      return new StepwiseLocalizer(options, new ProbeObserver(options));
  }
}
