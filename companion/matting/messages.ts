/** Messages between this process and the one that removes backgrounds. Node's channel carries them by structured clone. */

import type { ErrorCode } from '../../shared/errors.ts';
import type { Picture } from '../images/picture.ts';

export interface ToMatting {
  readonly folder: string;
  readonly picture: Picture;
  readonly threads: number | undefined;
}

export type FromMatting =
  | { readonly type: 'cut-out'; readonly picture: Picture }
  | {
      readonly type: 'failed';
      /** Undefined of a fault that is nobody's. */
      readonly code: ErrorCode | undefined;
      readonly message: string;
      readonly advice: string | undefined;
    };
