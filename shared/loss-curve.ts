/** How the loss of a teaching fell so far: its running mean by step, thinned out to a bounded number of points. */

import { CURVE_MAX_POINTS } from './protocol/limits.ts';

/** Steps rise from point to point; a loss is the smoothed one. */
export type CurvePoint = readonly [step: number, loss: number];

/**
 * With one more point. Of a full curve every second point goes first; the oldest stays. A run that was taken up from
 * an earlier step learns what came after it anew, so that those points go.
 */
export function withLoss(curve: readonly CurvePoint[], step: number, loss: number): readonly CurvePoint[] {
  const before = curve.filter(([earlier]) => earlier < step);
  const kept = before.length < CURVE_MAX_POINTS ? before : before.filter((_, index) => index % 2 === 0);
  return [...kept, [step, loss]];
}
