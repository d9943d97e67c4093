/**
 * Beta schedules: the variances β_t of a variance-preserving process and their product.
 *
 * Both are rounded to float32 where the trainers' own code rounds: a model was trained on exactly these numbers.
 */

interface BetaCurve {
  readonly schedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
  /** β of the first and of the last training timestep; the cosine schedule does not use them. */
  readonly start: number;
  readonly end: number;
  /** The number T of training timesteps. */
  readonly count: number;
}

/** Nichol and Dhariwal 2021 (arXiv 2102.09672), section 3.2: no step may destroy more than this. */
const COSINE_BETA_CAP = 0.999;

/** β_0 to β_{T-1}, float32 [T]. */
export function betas({ schedule, start, end, count }: BetaCurve): Float32Array {
  switch (schedule) {
    case 'linear': // Ho et al. 2020
      return evenlySpaced(start, end, count);
    case 'scaled_linear': // Rombach et al. 2022: linear in √β
      return evenlySpaced(Math.sqrt(start), Math.sqrt(end), count).map((root) => root * root);
    case 'squaredcos_cap_v2':
      return Float32Array.from({ length: count }, (_, t) =>
        Math.min(1 - cosineAlphaBar((t + 1) / count) / cosineAlphaBar(t / count), COSINE_BETA_CAP),
      );
  }
}

/** ᾱ_t = Π_{s ≤ t} (1 - β_s), float32 [T]. Factors are rounded to float32, the running product is not. */
export function cumulativeAlphas(variances: Float32Array): Float32Array {
  let product = 1;
  return variances.map((beta) => {
    product *= Math.fround(1 - beta);
    return product;
  });
}

/** arXiv 2102.09672, equation 17, with s = 0.008 and before its normalisation by f(0). */
function cosineAlphaBar(time: number): number {
  return Math.cos(((time + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
}

/** `count` float32 values from start to end, both included; the second half is counted from the end. */
function evenlySpaced(start: number, end: number, count: number): Float32Array {
  const [first, last] = [Math.fround(start), Math.fround(end)];
  const step = Math.fround(Math.fround(last - first) / (count - 1));
  return Float32Array.from({ length: count }, (_, index) =>
    index < Math.floor(count / 2) ? first + step * index : last - step * (count - 1 - index),
  );
}

/**
 * β_t of the same schedule with pure noise at its end: √ᾱ moved to 0 there and scaled back to its start (Lin et al. 2023,
 * arXiv 2305.08891, algorithm 1).
 */
export function rescaledToZeroTerminalSnr(variances: Float32Array): Float32Array {
  const roots = cumulativeAlphas(variances).map(Math.sqrt);
  const [first, last] = [roots[0]!, roots.at(-1)!];
  const scale = Math.fround(first / Math.fround(first - last));
  const moved = roots.map((root) => root - last).map((root) => root * scale);
  const alphaBars = moved.map((root) => root * root);
  return alphaBars.map((alphaBar, t) => 1 - Math.fround(t === 0 ? alphaBar : alphaBar / alphaBars[t - 1]!));
}
