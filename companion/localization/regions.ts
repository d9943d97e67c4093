/** Connected regions of a binary mask on a grid, and the holes inside them. */

export interface Grid {
  readonly height: number;
  readonly width: number;
}

/**
 * Labels 1, 2, ... of 4-connected cells where `mask` equals `of`; 0 elsewhere. Iterative flood fill.
 *
 * @internal
 */
export function labelRegions(mask: Uint8Array, grid: Grid, of: 0 | 1): { labels: Int32Array; count: number } {
  const { width } = grid;
  const labels = new Int32Array(mask.length);
  let count = 0;
  const stack: number[] = [];
  const visit = (cell: number) => {
    if (mask[cell] !== of || labels[cell] !== 0) return;
    labels[cell] = count;
    stack.push(cell);
  };
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== of || labels[start] !== 0) continue;
    count += 1;
    visit(start);
    for (let cell = stack.pop(); cell !== undefined; cell = stack.pop()) {
      const column = cell % width;
      if (cell >= width) visit(cell - width);
      if (cell < mask.length - width) visit(cell + width);
      if (column > 0) visit(cell - 1);
      if (column < width - 1) visit(cell + 1);
    }
  }
  return { labels, count };
}

/**
 * Keeps the regions whose weight is at least `share` of the heaviest region's, and drops the islands.
 * The weight of a region is the sum of `weights` over its cells.
 */
export function keepHeavyRegions(
  mask: Uint8Array,
  weights: Float32Array,
  grid: Grid,
  share: number,
): Uint8Array {
  const { labels, count } = labelRegions(mask, grid, 1);
  const sums = new Float64Array(count + 1);
  for (let cell = 0; cell < mask.length; cell++)
    if (labels[cell]! > 0) sums[labels[cell]!]! += weights[cell]!;
  const heaviest = Math.max(...sums);
  const kept = new Uint8Array(mask.length);
  for (let cell = 0; cell < mask.length; cell++) {
    const label = labels[cell]!;
    if (label > 0 && sums[label]! >= share * heaviest) kept[cell] = 1;
  }
  return kept;
}

/** Fills holes of at most `largest` cells: background that is enclosed and does not reach the border. */
export function fillHoles(mask: Uint8Array, grid: Grid, largest: number): Uint8Array {
  const { labels, count } = labelRegions(mask, grid, 0);
  const sizes = new Int32Array(count + 1);
  const open = new Uint8Array(count + 1);
  for (let cell = 0; cell < mask.length; cell++) {
    const label = labels[cell]!;
    sizes[label]! += 1;
    const row = Math.floor(cell / grid.width);
    const column = cell % grid.width;
    if (row === 0 || column === 0 || row === grid.height - 1 || column === grid.width - 1) open[label] = 1;
  }
  return mask.map((value, cell) => {
    const label = labels[cell]!;
    return value === 1 || (label > 0 && open[label] === 0 && sizes[label]! <= largest) ? 1 : 0;
  });
}

/**
 * Otsu's threshold (1979): the value that splits a map into two classes with the largest variance between them. Values
 * above it belong to the upper class. Works on the sorted values themselves: a few hundred cells need no histogram, and
 * none of its bins' error.
 */
export function otsuThreshold(values: Float32Array): number {
  const sorted = values.slice().sort();
  const count = sorted.length;
  let total = 0;
  for (let cell = 0; cell < count; cell++) total += sorted[cell]!;
  let threshold = sorted[count - 1] ?? 0;
  let largest = 0;
  let lowerSum = 0;
  for (let lower = 1; lower < count; lower++) {
    const below = sorted[lower - 1]!;
    const above = sorted[lower]!;
    lowerSum += below;
    if (above === below) continue; // equal values cannot be told apart
    const weight = lower / count;
    const between = weight * (1 - weight) * (lowerSum / lower - (total - lowerSum) / (count - lower)) ** 2;
    if (between <= largest) continue;
    largest = between;
    threshold = (below + above) / 2;
  }
  return threshold;
}
