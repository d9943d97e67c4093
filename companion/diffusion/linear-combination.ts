/** a x + b y, element by element, computed in float64 and rounded once. */
export function linearCombination(a: number, x: Float32Array, b: number, y: Float32Array): Float32Array {
  if (x.length !== y.length) throw new Error(`internal: ${x.length} values combined with ${y.length}`);
  return x.map((value, index) => a * value + b * y[index]!);
}

export function scaled(factor: number, x: Float32Array): Float32Array {
  return x.map((value) => factor * value);
}
