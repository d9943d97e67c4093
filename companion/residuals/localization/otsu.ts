/**
 * Otsu's threshold (1979): the value that splits a map into two classes with the largest variance between them. Values
 * above it belong to the upper class. Works on the sorted values themselves: a few hundred cells need no histogram, and
 * none of its bins' error.
 */
export function otsuThreshold(values: Float32Array): number {
  const sorted = values.slice().sort();
  const count = sorted.length;
  const total = sorted.reduce((sum, value) => sum + value, 0);
  let best = { between: 0, threshold: sorted[count - 1] ?? 0 };
  let lowerSum = 0;
  for (let lower = 1; lower < count; lower++) {
    lowerSum += sorted[lower - 1]!;
    if (sorted[lower] === sorted[lower - 1]) continue; // equal values cannot be told apart
    const weight = lower / count;
    const between = weight * (1 - weight) * (lowerSum / lower - (total - lowerSum) / (count - lower)) ** 2;
    if (between > best.between) best = { between, threshold: (sorted[lower - 1]! + sorted[lower]!) / 2 };
  }
  return best.threshold;
}
