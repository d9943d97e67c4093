/** A rendered picture, row by row from the top. */
export interface Picture {
  readonly size: number;
  /** sRGB-like (gamma 2), 3 bytes a pixel. */
  readonly rgb: Uint8Array;
  /** Share of the pixel that products cover, 0 to 255. */
  readonly mask: Uint8Array;
  /** The same of each product alone. What another product hides is not in it. */
  readonly masks: readonly Uint8Array[];
}
