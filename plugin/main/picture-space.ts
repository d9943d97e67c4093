/**
 * PictureSpace: a layer as the frame of a picture that is seen upright on the page. A layer that was turned or mirrored
 * would turn and mirror what fills it; a picture in it is turned back by quarters and mirrored back, as far as the
 * layer's edges allow, so that a card turned by ten degrees keeps its tilt and a label is never mirrored.
 */

import { type Affine, chained, inverse, ontoSize } from '../../shared/affine.ts';
import type { CanvasSize, ImageSize } from '../../shared/geometry.ts';
import type { CanvasNode } from './figma-surface.ts';

type Placed = Pick<CanvasNode, 'absoluteTransform' | 'width' | 'height'>;

export interface PictureSpace extends CanvasSize {
  /** From the layer's unit square to that of the picture in it. */
  readonly toPicture: Affine;
  /** False where pictures lie in it as Figma lays them. */
  readonly isTurned: boolean;
}

/** Quarter turns and mirrorings, as they move what is seen: rows of a matrix. The first of equals counts. */
const TURNS = [
  [1, 0, 0, 1],
  [0, 1, -1, 0],
  [0, -1, 1, 0],
  [-1, 0, 0, -1],
  [-1, 0, 0, 1],
  [1, 0, 0, -1],
  [0, 1, 1, 0],
  [0, -1, -1, 0],
] as const;

/** Likeness that another turn has to have more: a layer at 45 degrees stays as it is, whatever cosines round. */
const TIE = 1e-6;

export function pictureSpace({ absoluteTransform, width, height }: Placed): PictureSpace {
  const [[a, c], [b, d]] = absoluteTransform;
  const isMirrored = a * d - b * c < 0;
  let best: (typeof TURNS)[number] = TURNS[0];
  let most = Number.NEGATIVE_INFINITY;
  for (const turn of TURNS) {
    const [p, r, q, s] = turn;
    if (p * s - q * r < 0 !== isMirrored) continue;
    const likeness = a * p + c * r + b * q + d * s;
    if (likeness > most + TIE) [best, most] = [turn, likeness];
  }
  const [p, r, q, s] = best;
  return {
    // About the middle of the unit square.
    toPicture: [
      [p, r, (1 - p - r) / 2],
      [q, s, (1 - q - s) / 2],
    ],
    isTurned: best !== TURNS[0],
    width: p === 0 ? height : width,
    height: p === 0 ? width : height,
  };
}

/** From a layer's unit square to the page. */
export function ontoPage(node: Placed): Affine {
  return chained(node.absoluteTransform, ontoSize(node));
}

/** From the unit square of the picture in a layer to the page. */
export function pictureOntoPage(node: Placed): Affine {
  return chained(ontoPage(node), inverse(pictureSpace(node).toPicture));
}

/** The part of a picture that fills a layer upright, cut at its middle; null where Figma's own way of filling does that. */
export function uprightPart(node: Placed, picture: ImageSize): Affine | null {
  const { toPicture, isTurned, width, height } = pictureSpace(node);
  if (!isTurned) return null;
  return chained(middle((width / height) * (picture.height / picture.width)), toPicture);
}

/** Share by which proportions may differ and count as the same: layers snap to pixels. */
const SAME_ASPECT = 0.01;

/** A part of a picture, painted for a layer that has other proportions now: as much of it as fills that undistorted. */
export function refitted(part: Affine, { width, height }: CanvasSize, picture: ImageSize): Affine {
  const [[a, c], [b, d]] = part;
  const painted =
    Math.hypot(a * picture.width, b * picture.height) / Math.hypot(c * picture.width, d * picture.height);
  const wider = width / height / painted;
  return Math.abs(wider - 1) < SAME_ASPECT ? part : chained(part, middle(wider));
}

/** The middle of a square that is cut to these proportions, from the unit square. */
function middle(aspect: number): Affine {
  const [across, down] = [Math.min(1, aspect), Math.min(1, 1 / aspect)];
  return [
    [across, 0, (1 - across) / 2],
    [0, down, (1 - down) / 2],
  ];
}
