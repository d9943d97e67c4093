/** A rendered picture, row by row from the top. */
export interface Picture {
  readonly size: number;
  /** sRGB-like (gamma 2), 3 bytes a pixel. */
  readonly rgb: Uint8Array;
  /** Share of the pixel that the product covers, 0 to 255. */
  readonly mask: Uint8Array;
}
