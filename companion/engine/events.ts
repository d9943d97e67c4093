/**
 * Events of teaching and generating: one stream for the command line, the companion and tests. Previews are pixels here;
 * whoever shows them encodes them.
 */

import type { FrameFinding } from '../../shared/frame-advice.ts';
import type { Likeness } from '../../shared/likeness.ts';
import type { Concept } from '../concepts/concept.ts';
import type { Picture } from '../images/picture.ts';
import type { ProductLayer } from '../images/product/product-layers.ts';
import type { DevicePrecision } from '../runtime/device.ts';
import type { MemoryPlan } from '../training/memory-plan.ts';
import type { PreparingEvent } from './generation/picture-sessions.ts';

/** The base model is open. */
type ModelEvent = {
  readonly type: 'model';
  readonly name: string;
  readonly device: string;
  readonly precision: DevicePrecision;
  /** Side in pixels. */
  readonly resolution: number;
  /** Wishes of the model that are not followed, a sentence each. */
  readonly notes: readonly string[];
};

/** Each tile of a picture that is enlarged is encoded, then each sampled, then each decoded. */
export type TilePass = 'encoding' | 'sampling' | 'decoding';

export type TeachEvent =
  | ModelEvent
  /** One a frame that was read, with advice where there is any. */
  | {
      readonly type: 'frame';
      readonly file: string;
      readonly index: number;
      readonly total: number;
      readonly findings: readonly FrameFinding[];
    }
  /** The plan by which a step fits into the free memory. */
  | { readonly type: 'memory-plan'; readonly plan: MemoryPlan }
  /** Memory ran out all the same; the steps go on from the last one by a smaller plan. */
  | { readonly type: 'memory-short'; readonly plan: MemoryPlan }
  /** References are being encoded. */
  | { readonly type: 'preparing'; readonly done: number; readonly total: number }
  /** A saved run was found and is taken up after `step`. */
  | { readonly type: 'resumed'; readonly step: number; readonly steps: number }
  | {
      readonly type: 'step';
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      /** Running mean of the loss: single steps jump with their timesteps. */
      readonly smoothedLoss: number;
      readonly stepsPerSecond: number;
      readonly secondsLeft: number;
      /** Steps so far that half precision left out; absent where there were none. */
      readonly skipped?: number;
    }
  /** A picture of the concept after `step`, always from the same noise. Only where the request asks for samples. */
  | {
      readonly type: 'validation-image';
      readonly step: number;
      readonly steps: number;
      readonly image: Picture;
    }
  /** The run was saved and can be resumed from here. */
  | { readonly type: 'saved'; readonly step: number; readonly file: string }
  | {
      readonly type: 'taught';
      readonly concept: Concept;
      readonly seconds: number;
      readonly finalLoss: number;
      /** Steps that half precision left out; absent where there were none. */
      readonly skippedSteps?: number;
      /** Absent where memory did not suffice to measure it. */
      readonly likeness?: Likeness;
      /** The picture that it was measured on; absent with it. */
      readonly sample?: Picture;
    };

export type GenerateEvent =
  | ModelEvent
  | PreparingEvent
  /** LoRAs that were merged into the model, one event each, in their order. */
  | {
      readonly type: 'lora';
      readonly name: string;
      readonly weight: number;
      /** Number of the model's weights that it changes. */
      readonly layers: number;
      /** Names of its tensors that change nothing in this model. */
      readonly unmatched: readonly string[];
      /** Settings that it brings, for people; absent where it brings none, or another's count. */
      readonly settings?: string;
    }
  /** The prompt as the model reads it. */
  | {
      readonly type: 'prompt';
      readonly text: string;
      readonly tokenCount: number;
      /** Number of tokens beyond the model's limit, and the text they stood for. */
      readonly truncated: number;
      readonly droppedText: string;
      /** Why the negative prompt has no effect; absent where there is none, or where it has one. */
      readonly negativePromptHint?: string;
      /** One a concept that was taught on another model: a sentence that says so. */
      readonly notes: readonly string[];
    }
  | {
      readonly type: 'step';
      /** From 0. */
      readonly picture: number;
      readonly count: number;
      readonly step: number;
      readonly steps: number;
      /** Share of all pictures' steps that is done, 0 to 1. */
      readonly fraction: number;
      /** Pictures that are made side by side with this one: each has its own events, one after the other at each step. */
      readonly batch?: { readonly first: number; readonly pictures: number };
      /** For everything that is still to come; Infinity where no step was timed. */
      readonly secondsLeft: number;
      /** Tile under way, from 0, of a picture that is made in tiles. */
      readonly tile?: { readonly index: number; readonly count: number; readonly pass: TilePass };
      /** A small, rough look at the picture in the making. */
      readonly preview: Picture;
    }
  | {
      readonly type: 'picture';
      readonly picture: number;
      readonly count: number;
      readonly seed: number;
      /** In pixels. */
      readonly width: number;
      readonly height: number;
      /** With the record of how it was made. */
      readonly png: Uint8Array;
      readonly masks: readonly MaskReport[];
      /** Around a product: where it kept its pixels, and what it is made of. */
      readonly product?: ProductReport;
      readonly seconds: number;
      /** The PNG that was written; undefined where none was asked for. */
      readonly file: string | undefined;
    };

type PictureEvent = Extract<GenerateEvent, { type: 'picture' }>;

/** In the engine's own process the pixels of a picture come along; between processes its PNG is enough. */
export type LocalGenerateEvent =
  | Exclude<GenerateEvent, PictureEvent>
  | (PictureEvent & { readonly image: Picture });

export interface ProductReport {
  /** Pixels of the placed cut-out at alpha 255 that are others in the picture: none may be. */
  readonly changedPixels: number;
  /** True where no pixel of the cut-out was resampled. */
  readonly isOwnSize: boolean;
  /** -90 left, 0 the viewer, 90 right, 180 behind. */
  readonly lightDegrees: number;
  /** From the bottom; all as large as the picture. */
  readonly layers: readonly LayerReport[];
}

export interface LayerReport extends Pick<ProductLayer, 'name' | 'blend' | 'opacity'> {
  readonly png: Uint8Array;
  /** The PNG that was written; undefined where none was asked for. */
  readonly file: string | undefined;
}

/** The cells of a picture in which a concept acted. */
export interface MaskReport {
  /** Concept name. */
  readonly concept: string;
  readonly rows: number;
  readonly columns: number;
  /** [rows * columns], 0..1. */
  readonly values: Float32Array;
  /** 0..1; see shared/mask-confidence.ts. */
  readonly confidence: number;
}
