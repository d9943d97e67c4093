/** Affine transforms in two rows, as Figma writes them, and the boxes that they lead to. */

import type { CanvasSize, UnitBox } from './geometry.ts';

/** x' = a x + c y + e is the first row, y' = b x + d y + f the second. */
export type Affine = readonly [
  readonly [a: number, c: number, e: number],
  readonly [b: number, d: number, f: number],
];

/** First `inner`, then `outer`. */
export function chained(outer: Affine, inner: Affine): Affine {
  const [[a, c, e], [b, d, f]] = outer;
  const [[p, r, t], [q, s, u]] = inner;
  return [
    [a * p + c * q, a * r + c * s, a * t + c * u + e],
    [b * p + d * q, b * r + d * s, b * t + d * u + f],
  ];
}

/** Numbers of one that flattens everything to a line are not finite. */
export function inverse([[a, c, e], [b, d, f]]: Affine): Affine {
  const area = a * d - b * c;
  return [
    [d / area, -c / area, (c * f - d * e) / area],
    [-b / area, a / area, (b * e - a * f) / area],
  ];
}

/** From the unit square to a box. */
export function ontoBox({ x, y, width, height }: UnitBox): Affine {
  return [
    [width, 0, x],
    [0, height, y],
  ];
}

/** From the unit square to pixels of a layer of this size. */
export function ontoSize(size: CanvasSize): Affine {
  return ontoBox({ x: 0, y: 0, width: size.width, height: size.height });
}

/** The upright box around a box that was transformed, freed of what sine and cosine round. */
export function uprightBox([[a, c, e], [b, d, f]]: Affine, { x, y, width, height }: UnitBox): UnitBox {
  // How far the sides lead to the left and up, and how far in all.
  const [across, down] = [[a * width, c * height] as const, [b * width, d * height] as const];
  return {
    x: rounded(a * x + c * y + e + Math.min(0, across[0]) + Math.min(0, across[1])),
    y: rounded(b * x + d * y + f + Math.min(0, down[0]) + Math.min(0, down[1])),
    width: rounded(Math.abs(across[0]) + Math.abs(across[1])),
    height: rounded(Math.abs(down[0]) + Math.abs(down[1])),
  };
}

/** A thousand-millionth of a pixel is nothing that anybody sees, and doubles hold far more. */
function rounded(value: number): number {
  // Adding zero makes a zero of the other sign an ordinary one.
  return Math.round(value * 1e9) / 1e9 + 0;
}
