/** The selection as part of a layout, as messages tell it: the layer that pictures can fill, and where selected layers lie. */

import type { UnitBox } from '../shared/geometry.ts';

/** Affine, as Figma writes them: x' = a x + c y + e is the first row, y' = b x + d y + f the second. */
export type Affine = readonly [
  readonly [a: number, c: number, e: number],
  readonly [b: number, d: number, f: number],
];

/** A layer that the pictures of a job fill. */
export interface FillPlan {
  readonly nodeId: string;
  /** The layer's place in pictures of its whole layout, from its unit square to theirs; null: a picture covers it. */
  readonly place: Affine | null;
}

/** A picture that a layer can show; all of them lie among its fills. */
export interface FilledPicture {
  readonly jobId: string;
  readonly index: number;
  readonly seed: number;
  readonly isShown: boolean;
}

/** The selected layer, where pictures can fill it. */
export interface FillTarget {
  readonly nodeId: string;
  readonly name: string;
  /** Canvas pixels, before it was turned. */
  readonly width: number;
  readonly height: number;
  readonly isFrame: boolean;
  readonly isLocked: boolean;
  /** It shows no picture. */
  readonly isEmpty: boolean;
  /** The frame or picture around it; null where it stands alone. */
  readonly layout: { readonly nodeId: string; readonly name: string } | null;
  readonly pictures: readonly FilledPicture[];
}

/** A selected layer inside of an area, in shares of that, cut off at its edges. */
export interface AreaLayer extends UnitBox {
  readonly nodeId: string;
  readonly name: string;
}

/** The frame or picture that selected layers lie in. Canvas pixels. */
export interface SelectedArea {
  readonly nodeId: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** From left to right. */
  readonly layers: readonly AreaLayer[];
}
