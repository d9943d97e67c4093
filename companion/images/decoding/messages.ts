/** Messages between this process and a decoder. Node's channel carries them by structured clone, bytes as they are. */

import type { ErrorRecord } from '../../../shared/errors.ts';
import type { FrameFinding } from '../../../shared/frame-advice.ts';
import type { ImageKind } from '../../../shared/image-kind.ts';
import type { Picture } from '../picture.ts';

export interface PictureLimits {
  readonly maxPixels: number;
  readonly maxSide?: number | undefined;
}

export interface PictureFile {
  readonly bytes: Uint8Array;
  /** By its first bytes. */
  readonly kind: ImageKind;
  /** Name in messages. */
  readonly label: string;
  readonly limits: PictureLimits;
}

export interface DecodeJob extends PictureFile {
  /** Measures the picture as a frame for a model of this side in pixels. */
  readonly resolution?: number | undefined;
  /** Gives a reference as small as teaching can use it. */
  readonly isReduced?: boolean | undefined;
}

export interface Decoded {
  readonly picture: Picture;
  /** Empty where no resolution was given. */
  readonly findings: readonly FrameFinding[];
}

export type ToDecoder = { readonly type: 'decode'; readonly job: DecodeJob };

export type FromDecoder =
  /** It has the job: what comes of it from here on is the picture's doing. */
  | { readonly type: 'begun' }
  /** @property rssBytes memory of the process afterwards */
  | { readonly type: 'decoded'; readonly decoded: Decoded; readonly rssBytes: number }
  | { readonly type: 'failed'; readonly failure: ErrorRecord; readonly rssBytes: number };

/** Last words of a decoder that ends itself, on its standard error: the channel would deliver them too late. */
export const ENDED_BY = { memory: 'decoder: over its memory', time: 'decoder: over its time' } as const;
