import type { Value } from '../value.ts';
import { apply } from './apply.ts';

export const sigmoid = (x: Value): Value => apply('Sigmoid', [x]);
/** slope * x + offset in one pass, cut to 0 to 1. */
export const hardSigmoid = (x: Value, slope: number, offset: number): Value =>
  apply('HardSigmoid', [x], { alpha: { float: slope }, beta: { float: offset } });

export const tanh = (x: Value): Value => apply('Tanh', [x]);
export const relu = (x: Value): Value => apply('Relu', [x]);

/** x * sigmoid(x): one pass over memory, as the QuickGelu with a slope of 1. */
export const silu = (x: Value): Value => apply('QuickGelu', [x], { alpha: { float: 1 } });

/** x * sigmoid(1.702 x), the activation of CLIP's first text encoders. */
export const quickGelu = (x: Value): Value => apply('QuickGelu', [x], { alpha: { float: 1.702 } });

/** x * (1 + erf(x / sqrt 2)) / 2: the exact form, not the tanh approximation. */
export const gelu = (x: Value): Value => apply('Gelu', [x]);
