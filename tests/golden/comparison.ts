/** What a check answers: a comparison with its largest error, or an omission with its reason. */

export interface Comparison {
  readonly kind: 'comparison';
  readonly check: string;
  /** Largest error over all elements, measured as the tolerance says. NaN never passes. */
  readonly error: number;
  readonly tolerance: Tolerance;
  readonly ok: boolean;
  /** Where the largest error lies, or why a comparison was impossible. */
  readonly note?: string;
}

/** Something that this directory does not allow to compare. */
export interface Omission {
  readonly kind: 'omission';
  readonly check: string;
  readonly reason: string;
}

export type Outcome = Comparison | Omission;

export interface Tolerance {
  readonly limit: number;
  /** What errors are divided by. */
  readonly unit: 'absolute' | 'of largest entry' | 'of standard deviation';
}

/** The first three are the README's; they hold between independent implementations in float32. */
export const PREDICTION: Tolerance = { limit: 2e-5, unit: 'absolute' };
export const GRADIENT: Tolerance = { limit: 1e-4, unit: 'of largest entry' };
export const TRAJECTORY: Tolerance = { limit: 1e-4, unit: 'of standard deviation' };
/** Inner activations, latents and pictures have scales of their own. */
export const ACTIVATION: Tolerance = { limit: 2e-5, unit: 'of largest entry' };
/** Half of 1.77e-5, the closest that two middle scores come in the golden data: below it no mask pixel can flip. */
export const SCORE: Tolerance = { limit: 8.8e-6, unit: 'absolute' };

/** Tolerances of what a denoiser's precision decides. */
export interface Tolerances {
  readonly prediction: Tolerance;
  readonly gradient: Tolerance;
  readonly trajectory: Tolerance;
  /** Largest error of a loss. */
  readonly loss: Tolerance;
  /** Factors after some steps of AdamW at a learning rate of 1e-3. */
  readonly factor: Tolerance;
}

export const FULL: Tolerances = {
  prediction: PREDICTION,
  gradient: GRADIENT,
  trajectory: TRAJECTORY,
  loss: ACTIVATION,
  /** Five thousandths of one step. */
  factor: { limit: 5e-6, unit: 'absolute' },
};

/**
 * Another device than the CPU in single precision: its sines and exponentials are rougher. On WebGPU by SwiftShader predictions were
 * 1.1e-4 away and trajectories 1.3e-4; cards that multiply in TF32 are further.
 */
export const OTHER_DEVICE: Tolerances = {
  prediction: { limit: 1e-3, unit: 'absolute' },
  gradient: { limit: 5e-3, unit: 'of largest entry' },
  trajectory: { limit: 5e-3, unit: 'of standard deviation' },
  loss: { limit: 1e-3, unit: 'of largest entry' },
  factor: { limit: 1e-4, unit: 'absolute' },
};

/**
 * Half precision has 11 bits: one rounding is 5e-4 of a value, and a network makes some hundred on the way. Predictions
 * are about 1 in size. Measured on the four directories, largest first: 6.8e-3 (diffusers 0.42 in float16: 9.9e-3), 1.2e-2,
 * 4.5e-2 (diffusers in float16: 7.8e-2, on sd2, which predicts v) and 1.3e-4. Factors whose gradient is no rounding came
 * to half a step.
 */
export const HALF: Tolerances = {
  prediction: { limit: 1e-2, unit: 'absolute' },
  gradient: { limit: 2e-2, unit: 'of largest entry' },
  trajectory: { limit: 8e-2, unit: 'of standard deviation' },
  loss: { limit: 1e-3, unit: 'of largest entry' },
  factor: { limit: 5e-4, unit: 'absolute' },
};

export const EXACT: Tolerance = { limit: 0, unit: 'absolute' };

type Numbers = ArrayLike<number>;

export function compare(check: string, got: Numbers, expected: Numbers, tolerance: Tolerance): Comparison {
  if (got.length !== expected.length) {
    const note = `${got.length} values, expected ${expected.length}`;
    return { kind: 'comparison', check, error: Number.NaN, tolerance, ok: false, note };
  }
  let largest = 0;
  for (let i = 0; i < got.length; i++) largest = Math.max(largest, Math.abs(got[i]! - expected[i]!));
  const error = largest === 0 ? 0 : largest / scaleOf(expected, tolerance);
  return { kind: 'comparison', check, error, tolerance, ok: error <= tolerance.limit };
}

/** A yes-or-no check: its error is 0 or 1. */
export function verdict(check: string, ok: boolean, note?: string): Comparison {
  const comparison: Comparison = { kind: 'comparison', check, error: ok ? 0 : 1, tolerance: EXACT, ok };
  return note === undefined ? comparison : { ...comparison, note };
}

/** One row for many comparisons of one tolerance; its note says where the largest error is, or the first wrong. */
export function worst(check: string, parts: readonly Comparison[]): Comparison {
  const wrong = parts.filter(({ ok }) => !ok);
  const shown = wrong[0] ?? parts.reduce((a, b) => (b.error > a.error ? b : a));
  const row = { ...shown, check: `${check} (${parts.length})` };
  if (wrong.length === 0 && shown.error === 0) return row;
  const place = shown.note === undefined ? shown.check : `${shown.check}: ${shown.note}`;
  const note =
    wrong.length === 0 ? `at ${place}` : `${wrong.length} of ${parts.length} wrong, the first at ${place}`;
  return { ...row, note };
}

function scaleOf(expected: Numbers, { unit }: Tolerance): number {
  if (unit === 'absolute') return 1;
  const values = Array.from(expected);
  if (unit === 'of largest entry') {
    return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
