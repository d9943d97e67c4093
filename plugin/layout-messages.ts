/** The selection as part of a layout, as messages tell it: the layer that pictures can fill, and where selected layers lie. */

import type { Affine } from '../shared/affine.ts';
import type { UnitBox } from '../shared/geometry.ts';

/**
 * The reason why a frame cannot be exported: `gone`, deleted meanwhile; `empty`, nothing of it is visible; `slow`, no
 * end within a minute; `failed`, Figma's own refusal, or a picture that is not of the size asked for.
 */
export type ExportFault = 'gone' | 'empty' | 'slow' | 'failed';

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

/**
 * What a person should know before a layer is filled: its own layers stay in front of the picture; nothing of it is seen;
 * instances of it get the picture, too; its fill is from a style, which it is detached from.
 */
export type FillNote = 'layers' | 'hidden' | 'component' | 'style';

/**
 * What keeps the selection from being filled. part: of a boolean operation, whose own fill is seen. mixed: its parts have
 * different fills. set: of components. other: of a kind that shows no fill.
 */
export type FillObstacle =
  | ('text' | 'line' | 'group' | 'section' | 'set' | 'other')
  | ('mask' | 'part' | 'mixed' | 'small' | 'several');

/** The selected layer, where pictures can fill it. */
export interface FillTarget {
  readonly nodeId: string;
  readonly name: string;
  /** Canvas pixels of the picture in it, which stands upright as nearly as its edges allow. */
  readonly width: number;
  readonly height: number;
  readonly isFrame: boolean;
  readonly isLocked: boolean;
  /** It shows no picture. */
  readonly isEmpty: boolean;
  readonly notes: readonly FillNote[];
  /** The frame or picture around it; null where it stands alone. */
  readonly layout: { readonly nodeId: string; readonly name: string } | null;
  readonly pictures: readonly FilledPicture[];
}

/** A selected layer inside of an area, in shares of the picture in that, cut off at its edges. */
export interface AreaLayer extends UnitBox {
  readonly nodeId: string;
  readonly name: string;
}

/** The frame or picture that selected layers lie in. Canvas pixels of the picture in it, as for a layer that is filled. */
export interface SelectedArea {
  readonly nodeId: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** From left to right. */
  readonly layers: readonly AreaLayer[];
}
