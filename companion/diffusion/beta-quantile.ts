/**
 * betaQuantile: the inverse of the beta distribution's cumulative function, which is the regularised incomplete beta
 * function I_x(a, b) (NIST Digital Library of Mathematical Functions, 8.17).
 */

/** Halvings of [0, 1]: more than a double has bits, so that the quantile is exact to its last few. */
const BISECTIONS = 100;

/** Terms of the continued fraction. It converges in some 20 for parameters near 1. */
const TERMS = 200;
const RELATIVE_ERROR = 1e-16;

/** Keeps a denominator of the continued fraction from being zero. */
const TINY = 1e-300;

/** The x with I_x(a, b) = p. @param p 0 to 1 */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  let [low, high] = [0, 1];
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** I_x(a, b). The fraction converges fast below the mean, so the upper half comes by symmetry (8.17.4). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x === 0 || x === 1) return x;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta) / a;
  return front * continuedFraction(x, a, b);
}

/** 8.17.22 by Lentz's method, as 1 / (1 + d_1 / (1 + d_2 / ...)). */
function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 + coefficient(1, x, a, b));
  let value = d;
  for (let term = 2; term <= TERMS; term++) {
    const factor = coefficient(term, x, a, b);
    d = 1 / nonZero(1 + factor * d);
    c = nonZero(1 + factor / c);
    value *= c * d;
    if (Math.abs(c * d - 1) < RELATIVE_ERROR) break;
  }
  return value;
}

function coefficient(term: number, x: number, a: number, b: number): number {
  const m = Math.floor(term / 2);
  if (term % 2 === 0) return (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
  return (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** Lanczos' approximation with g = 7 and nine terms. */
const LANCZOS_START = 0.99999999999980993;
const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** log Γ(z), z > 0. */
function logGamma(z: number): number {
  const shifted = z - 1;
  const sum = LANCZOS.reduce<number>(
    (total, value, index) => total + value / (shifted + index + 1),
    LANCZOS_START,
  );
  const t = shifted + 7.5;
  return Math.log(2 * Math.PI) / 2 + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}
