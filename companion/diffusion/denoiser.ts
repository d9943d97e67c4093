/** Classifier-free guidance: Ho and Salimans 2022 (arXiv 2207.12598), equation 6 with scale = 1 + w. */

/** a x + b y, element by element, computed in float64 and rounded once. */
export function linearCombination(a: number, x: Float32Array, b: number, y: Float32Array): Float32Array {
  if (x.length !== y.length) throw new Error(`internal: ${x.length} values combined with ${y.length}`);
  return x.map((value, index) => a * value + b * y[index]!);
}

export function scaled(factor: number, x: Float32Array): Float32Array {
  return x.map((value) => factor * value);
}

/**
 * One output for every picture from the outputs of a doubled batch.
 *
 * @param outputs [2 B, C, H, W], flat: the unconditional half first, then the conditional one
 * @param scale 1 is the conditional prediction alone
 * @returns [B, C, H, W], flat
 */
export function guided(outputs: Float32Array, scale: number): Float32Array {
  if (outputs.length % 2 !== 0) throw new Error(`internal: ${outputs.length} values do not halve`);
  const middle = outputs.length / 2;
  return linearCombination(1 - scale, outputs.subarray(0, middle), scale, outputs.subarray(middle));
}
