/** boxMean: means over square windows of a map, in a time that does not depend on the window. */

export interface Window {
  /** Size of the map, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Pixels on each side of the middle one. */
  readonly radius: number;
}

/** Mean over (2 radius + 1) squared pixels, cut off at the edges, by running sums. */
export function boxMean(values: Float32Array, { width, height, radius }: Window): Float32Array {
  const across = new Float32Array(values.length);
  for (let row = 0; row < height; row++)
    running(values, across, { start: row * width, step: 1, count: width, radius });
  const down = new Float32Array(values.length);
  for (let column = 0; column < width; column++) {
    running(across, down, { start: column, step: width, count: height, radius });
  }
  return down;
}

interface Line {
  readonly start: number;
  readonly step: number;
  readonly count: number;
  readonly radius: number;
}

function running(from: Float32Array, to: Float32Array, { start, step, count, radius }: Line): void {
  let sum = 0;
  let cells = 0;
  for (let at = 0; at < Math.min(radius, count); at++, cells++) sum += from[start + at * step]!;
  for (let at = 0; at < count; at++) {
    if (at + radius < count) {
      sum += from[start + (at + radius) * step]!;
      cells++;
    }
    if (at - radius > 0) {
      sum -= from[start + (at - radius - 1) * step]!;
      cells--;
    }
    to[start + at * step] = sum / cells;
  }
}
