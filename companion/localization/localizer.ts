/** Feeds the mask inputs of each denoising step by the chosen mode, and keeps what the step showed of the object. */

import type { MaskMode } from '../../shared/protocol/requests.ts';
import type { Site } from '../models/families/stable-diffusion/family.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { GateLocalizer } from './gate-localizer.ts';
import type { LocalizedMask } from './mask.ts';
import type { Evidence } from './mask-source.ts';
import type { Grid } from './regions.ts';
import { AttentionObserver } from './sources/attention-observer.ts';
import { MedianLocalizer } from './sources/median-localizer.ts';
import { ProbeObserver } from './sources/probe-observer.ts';

/** A concept that the prompt names. */
interface LocalizedConcept {
  /** s_k, one for each sample of the UNet's batch. */
  readonly strengths: readonly number[];
  /** Module paths of the blocks that it has residuals at; a LoRA may leave some out. */
  readonly blocks: ReadonlySet<string>;
}

export interface LocalizerOptions {
  readonly mode: MaskMode;
  readonly sites: readonly Site[];
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
export interface Observer {
  /** Of its masks. */
  readonly grid: Grid;
  /** How far the residual acts everywhere in an adaptive first step, which shows noise alone: 0..1. */
  readonly firstShare: number;
  observe(outputs: Feeds): unknown;
  /** One a concept; undefined before the first step. */
  masks(): readonly (LocalizedMask | undefined)[];
}

export function createLocalizer(evidence: Evidence, options: LocalizerOptions): Localizer {
  switch (evidence) {
    case 'median':
      return new MedianLocalizer(options);
    case 'attention':
      return new GateLocalizer(options, new AttentionObserver(options));
    case 'probe':
      return new GateLocalizer(options, new ProbeObserver(options));
  }
}
