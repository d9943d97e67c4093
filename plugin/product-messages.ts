/** Messages about a cut-out on the canvas, and the scenes that are painted around it. */

import type { ImageSize, UnitBox } from '../shared/geometry.ts';
import type { ExportFault } from './layout-messages.ts';

export type ProductToMain =
  /** Asks for a cut-out as a picture, with its place in the layout around it: `product-exported`. */
  | { readonly type: 'export-product'; readonly exportId: string; readonly nodeId: string }
  /** Brings a layer of a scene, from the bottom. The last one puts them under the cut-out, in one step of undo. */
  | {
      readonly type: 'place-scene';
      readonly nodeId: string;
      readonly jobId: string;
      readonly index: number;
      readonly layer: string;
      readonly blend: 'NORMAL' | 'MULTIPLY';
      readonly opacity: number;
      /** The cut-out's place as the scene was painted around it, in shares of its layout; null where that is not known. */
      readonly box: UnitBox | null;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly isLast: boolean;
    };

interface ExportedProduct {
  /** PNG with its transparency. */
  readonly bytes: Uint8Array;
  /** Mark of its page. */
  readonly canvas: string;
  /** Size of the layout in image pixels, at the scale of the cut-out's. */
  readonly layout: ImageSize;
  /** The cut-out's place in it, in shares. */
  readonly box: UnitBox;
}

export interface ProductToUi {
  readonly type: 'product-exported';
  readonly exportId: string;
  /** The reason where there is none: `gone` for a layout, too; `instance` or `locked` where nothing can be put under it. */
  readonly result: ExportedProduct | ExportFault | 'instance' | 'locked';
}
