/** Affine transforms of nodes: from a node's own pixels, its top left at the origin, to those of its parent. */

import type { NodeRecord } from './node-record.ts';

/** x' = a x + c y + e, y' = b x + d y + f: the order in which a canvas takes them. */
export type Transform = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** An upright rectangle, in canvas pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const IDENTITY: Transform = [1, 0, 0, 1, 0, 0];

export function rotationOf({ rotation = 0 }: Pick<NodeRecord, 'rotation'>): number {
  return (rotation * Math.PI) / 180;
}

/** Figma turns a node against the clock about its top left. */
export function toParent(node: NodeRecord): Transform {
  const angle = rotationOf(node);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cos, -sin, sin, cos, node.x, node.y];
}

/** First `inner`, then `outer`. */
export function composed(outer: Transform, inner: Transform): Transform {
  const [a, b, c, d, e, f] = outer;
  const [p, q, r, s, t, u] = inner;
  return [a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f];
}

/** The upright box around a box that was transformed; freed of what sine and cosine round. */
export function boxAround([a, b, c, d, e, f]: Transform, { x, y, width, height }: Box): Box {
  const corners = [x, x + width].flatMap((left) =>
    [y, y + height].map((top) => [a * left + c * top + e, b * left + d * top + f] as const),
  );
  const xs = corners.map(([cornerX]) => cornerX);
  const ys = corners.map(([, cornerY]) => cornerY);
  const [left, top] = [rounded(Math.min(...xs)), rounded(Math.min(...ys))];
  return {
    x: left,
    y: top,
    width: rounded(Math.max(...xs) - left),
    height: rounded(Math.max(...ys) - top),
  };
}

/** A hundred-thousandth of a canvas pixel is nothing that anybody sees, and doubles hold far more. */
function rounded(value: number): number {
  const scaled = Math.round(value * 1e5) / 1e5;
  return Object.is(scaled, -0) ? 0 : scaled;
}
