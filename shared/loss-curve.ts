/** The learning curve of a teaching: its loss's running mean by step, thinned out to a bounded number of points. */

import { CURVE_MAX_POINTS } from './protocol/limits.ts';

/** Steps rise from point to point; a loss is the smoothed one. */
export type CurvePoint = readonly [step: number, loss: number];

/**
 * The curve with one more point. A full curve loses every second point first, and keeps the oldest. A run that was
 * resumed from an earlier step learns the later ones again, so that their points go.
 */
export function withLoss(curve: readonly CurvePoint[], step: number, loss: number): readonly CurvePoint[] {
  const before = curve.filter(([earlier]) => earlier < step);
  const kept = before.length < CURVE_MAX_POINTS ? before : before.filter((_, index) => index % 2 === 0);
  return [...kept, [step, loss]];
}
