/** SharePlane: one number a pixel, such as how dark a shadow is, and its softening. */

export interface SharePlane {
  readonly width: number;
  readonly height: number;
  /** [height, width], usually 0..1. */
  readonly values: Float32Array;
}

/** Box blurs one after the other: three look like a Gaussian (Kovesi 2010). */
const PASSES = 3;

/** Softened over about `across` and `down` pixels (standard deviations); outside of the plane there is nothing. */
export function softened({ width, height, values }: SharePlane, across: number, down = across): SharePlane {
  const plane = Float32Array.from(values);
  for (let pass = 0; pass < PASSES; pass++) {
    for (let row = 0; row < height; row++)
      averageLine(plane, { first: row * width, step: 1, count: width }, across);
    for (let column = 0; column < width; column++) {
      averageLine(plane, { first: column, step: width, count: height }, down);
    }
  }
  return { width, height, values: plane };
}

/** A row or a column of a plane: indices first, first + step, ..., of which there are `count`. */
export interface Line {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

/** Mean over 2 r + 1 neighbours, r fractional: the outermost two count in part. */
function averageLine(values: Float32Array, { first, step, count }: Line, deviation: number): void {
  // Variance of a box of width b is (b^2 - 1) / 12, and those of the passes add up.
  const reach = (Math.sqrt((12 * deviation ** 2) / PASSES + 1) - 1) / 2;
  if (reach <= 0) return;
  const whole = Math.floor(reach);
  const part = reach - whole;
  const sums = new Float64Array(count + 1);
  for (let at = 0; at < count; at++) sums[at + 1] = sums[at]! + values[first + at * step]!;
  const own = Float32Array.from({ length: count }, (_, at) => values[first + at * step]!);
  for (let at = 0; at < count; at++) {
    const inner = sums[Math.min(count, at + whole + 1)]! - sums[Math.max(0, at - whole)]!;
    const outer = part * ((own[at - whole - 1] ?? 0) + (own[at + whole + 1] ?? 0));
    values[first + at * step] = (inner + outer) / (2 * reach + 1);
  }
}
