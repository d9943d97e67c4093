/** What covers a point of a product's surface. */
export const Paint = { pattern: 0, plain: 1, trim: 2 } as const;
export type Paint = (typeof Paint)[keyof typeof Paint];

/**
 * A kind of product. Object units: the base stands on y = 0, the front looks along +z, the height is about 1.
 * `shape` holds `parameters` numbers; the training set draws them from [-0.8, 0.8].
 */
export interface Product {
  readonly name: string;
  /** Nouns for captions; the first one is used most. */
  readonly words: readonly string[];
  readonly parameters: number;
  distance(x: number, y: number, z: number, shape: readonly number[]): number;
  paint(x: number, y: number, z: number, shape: readonly number[]): Paint;
  /** Colour of the parts that are never painted (laces, metal, straps), linear RGB. */
  readonly trim: readonly [number, number, number];
  /** Pattern coordinates: across the surface, in object units. */
  across(x: number, y: number, z: number): number;
  /** Pattern coordinates: up the surface, in object units. */
  up(x: number, y: number, z: number): number;
  /** Width of one stripe, in object units. */
  readonly stripe: number;
  /** Length of an object unit: how large the product is beside another. */
  readonly metres: number;
  /** A sphere on the vertical axis that holds the product at any shape. */
  readonly bound: { readonly y: number; readonly radius: number };
  /** Turns about the vertical axis under which the product stays recognisable, radians. */
  readonly yaw: readonly [number, number];
  /** Share of the picture's side that its longer side takes: stout products less, so that all cover 15 to 45 % of the area. */
  readonly fill: readonly [number, number];
}

/** Around a vertical axis: arc length at the given radius. */
export function around(radius: number): (x: number, y: number, z: number) => number {
  return (x, _y, z) => Math.atan2(z, x) * radius;
}
