/** How the learning rate changes over a run, as a factor of its peak. */

export interface LearningRateCurve {
  readonly schedule: 'constant' | 'cosine';
  readonly steps: number;
  /** The rate rises linearly over these first steps. */
  readonly warmUpSteps?: number;
}

/**
 * The factor of step `step`, counted from 0. Cosine falls from 1 after the warm-up towards 0, which it would
 * reach one step after the last (Loshchilov and Hutter 2017, arXiv 1608.03983, equation 5, one period).
 */
export function learningRateFactor(curve: LearningRateCurve, step: number): number {
  const warmUp = curve.warmUpSteps ?? 0;
  if (step < warmUp) return (step + 1) / warmUp;
  if (curve.schedule === 'constant') return 1;
  return (1 + Math.cos((Math.PI * (step - warmUp)) / (curve.steps - warmUp))) / 2;
}
