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
