/** Otsu's threshold (1979): the value that splits a map into two classes with the largest variance between them. */

export interface Split {
  /** Values above it belong to the upper class. */
  readonly threshold: number;
  /**
   * eta = between-class variance / total variance, 0 to 1: how far the two classes lie apart. A map without
   * structure (uniform values) reaches 0.75, two clean levels reach 1.
   */
  readonly separability: number;
}

/** Works on the sorted values themselves: a few hundred cells need no histogram, and none of its bins' error. */
export function otsuSplit(values: Float32Array): Split {
  const sorted = values.slice().sort();
  const count = sorted.length;
  const total = sorted.reduce((sum, value) => sum + value, 0);
  const mean = total / count;
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  let best = { between: 0, threshold: sorted[count - 1] ?? 0 };
  let lowerSum = 0;
  for (let lower = 1; lower < count; lower++) {
    lowerSum += sorted[lower - 1]!;
    if (sorted[lower] === sorted[lower - 1]) continue; // equal values cannot be told apart
    const weight = lower / count;
    const between = weight * (1 - weight) * (lowerSum / lower - (total - lowerSum) / (count - lower)) ** 2;
    if (between > best.between) best = { between, threshold: (sorted[lower - 1]! + sorted[lower]!) / 2 };
  }
  return { threshold: best.threshold, separability: variance > 0 ? best.between / variance : 0 };
}
