/** Element by element, float32 unless said otherwise; two operands broadcast as in numpy. */
import type { DType } from '../../tensor/tensor.ts';
import type { Value } from '../value.ts';
import { apply } from './apply.ts';

/** The second operand of an arithmetic function: a value, or a number that becomes a scalar constant. */
export type Operand = Value | number;

function asValue(like: Value, operand: Operand): Value {
  return typeof operand === 'number' ? like.graph.scalar(operand) : operand;
}

export const add = (a: Value, b: Operand): Value => apply('Add', [a, asValue(a, b)]);
export const sub = (a: Value, b: Operand): Value => apply('Sub', [a, asValue(a, b)]);
export const mul = (a: Value, b: Operand): Value => apply('Mul', [a, asValue(a, b)]);
export const div = (a: Value, b: Operand): Value => apply('Div', [a, asValue(a, b)]);
export const maximum = (a: Value, b: Operand): Value => apply('Max', [a, asValue(a, b)]);

export const neg = (x: Value): Value => apply('Neg', [x]);
export const exp = (x: Value): Value => apply('Exp', [x]);
export const reciprocal = (x: Value): Value => apply('Reciprocal', [x]);
export const erf = (x: Value): Value => apply('Erf', [x]);
export const cos = (x: Value): Value => apply('Cos', [x]);
export const sin = (x: Value): Value => apply('Sin', [x]);

export function clip(x: Value, min: number, max: number): Value {
  return apply('Clip', [x, x.graph.scalar(min), x.graph.scalar(max)]);
}

/** Comparisons give bool, for `where` or, as 0 and 1, through `cast`. */
export const greater = (a: Value, b: Operand): Value => apply('Greater', [a, asValue(a, b)]);
export const greaterOrEqual = (a: Value, b: Operand): Value => apply('GreaterOrEqual', [a, asValue(a, b)]);
export const less = (a: Value, b: Operand): Value => apply('Less', [a, asValue(a, b)]);
export const equal = (a: Value, b: Operand): Value => apply('Equal', [a, asValue(a, b)]);

/** `a` where the bool `condition` holds, else `b`; all three broadcast. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  return apply('Where', [condition, asValue(condition, a), asValue(condition, b)]);
}

/** Gradients pass between float types only. */
export function cast(x: Value, to: DType): Value {
  return x.dtype === to ? x : apply('Cast', [x], { to: { dtype: to } });
}
