/** Arithmetic, comparisons and activations, element by element, broadcast as in numpy. */
import { cast } from '../cast.ts';
import {
  apply,
  broadcastShapes,
  defineOp,
  mismatch,
  type OpCall,
  type OpDefinition,
  operand,
  requireFloat,
} from '../op.ts';
import type { OperandPrecision } from '../precision.ts';
import { floatOf, type Value, type ValueType } from '../value.ts';

/** The second operand of an arithmetic function: a value, or a number that becomes a scalar constant. */
export type Operand = Value | number;

function asValue(like: Value, operand: Operand): Value {
  return typeof operand === 'number' ? like.graph.scalar(operand) : operand;
}

type Gradient = OpDefinition['gradient'];

function inferBinary(call: OpCall): readonly ValueType[] {
  const [a, b] = [operand(call, 0), operand(call, 1)];
  if (a.dtype !== b.dtype) throw mismatch(call.op.name, `operands are ${a.dtype} and ${b.dtype}`);
  return [{ dtype: a.dtype, shape: broadcastShapes(call.op.name, a.shape, b.shape) }];
}

function binary(name: string, gradient: Gradient, precision?: OperandPrecision) {
  const op = defineOp({ name, infer: inferBinary, gradient, precision });
  return (a: Value, b: Operand): Value => apply(op, [a, asValue(a, b)]);
}

/** Gives bool, for `where` or, as 0 and 1, through `cast`. */
function comparison(name: string) {
  const infer = (call: OpCall) => inferBinary(call).map(({ shape }) => ({ dtype: 'bool', shape }) as const);
  const op = defineOp({ name, infer });
  return (a: Value, b: Operand): Value => apply(op, [a, asValue(a, b)]);
}

function inferUnary(call: OpCall): readonly ValueType[] {
  requireFloat(call, 0);
  const { dtype, shape } = operand(call, 0);
  return [{ dtype, shape }];
}

function unary(name: string, gradient: Gradient, precision?: OperandPrecision) {
  const op = defineOp({ name, infer: inferUnary, gradient, precision });
  return (x: Value): Value => apply(op, [x]);
}

/** d [condition] */
const masked = (d: Value, condition: Value): Value => mul(d, cast(condition, d.dtype));

export const add = binary('Add', ({ d }) => [() => d, () => d]);
export const sub = binary('Sub', ({ d }) => [() => d, () => neg(d)]);
export const mul = binary('Mul', ({ inputs: [a, b], d }) => [() => mul(d, b), () => mul(d, a)]);
// d(a/b)/db = -(a/b)/b
export const div = binary(
  'Div',
  ({ inputs: [, b], outputs: [y], d }) => [() => div(d, b), () => neg(div(mul(d, y), b))],
  'full',
);
// equal operands: to the first
export const maximum = binary('Max', ({ inputs: [a, b], d }) => [
  () => masked(d, greaterOrEqual(a, b)),
  () => masked(d, less(a, b)),
]);

export const greater = comparison('Greater');
export const greaterOrEqual = comparison('GreaterOrEqual');
export const less = comparison('Less');
export const equal = comparison('Equal');

export const neg = unary('Neg', ({ d }) => [() => neg(d)]);
export const exp = unary('Exp', ({ outputs: [y], d }) => [() => mul(d, y)], 'full');
// -d / x^2
export const reciprocal = unary(
  'Reciprocal',
  ({ outputs: [y], d }) => [() => neg(mul(d, mul(y, y)))],
  'full',
);
// d / (2 y)
export const sqrt = unary('Sqrt', ({ outputs: [y], d }) => [() => mul(div(d, y), 0.5)], 'full');
/**
 * Its gradient is d 2/sqrt(pi) exp(-x^2).
 *
 * @internal
 */
export const erf = unary(
  'Erf',
  ({ inputs: [x], d }) => [() => mul(mul(d, exp(neg(mul(x, x)))), 2 / Math.sqrt(Math.PI))],
  'full',
);
export const cos = unary('Cos', ({ inputs: [x], d }) => [() => neg(mul(d, sin(x)))], 'full');
export const sin = unary('Sin', ({ inputs: [x], d }) => [() => mul(d, cos(x))], 'full');

// d y (1 - y)
export const sigmoid = unary('Sigmoid', ({ outputs: [y], d }) => [() => mul(d, sub(y, mul(y, y)))]);
// d (1 - y^2)
export const tanh = unary('Tanh', ({ outputs: [y], d }) => [() => sub(d, mul(d, mul(y, y)))]);
export const relu = unary('Relu', ({ outputs: [y], d }) => [() => masked(d, greater(y, 0))]);

/**
 * x * (1 + erf(x / sqrt 2)) / 2: the exact form, not the tanh approximation.
 *
 * Its gradient is d (Phi(x) + x phi(x)), Phi and phi the normal distribution and its density. With u = x / sqrt 2 these
 * are (1 + erf u) / 2, which lies in 0 to 1 so that a hard sigmoid makes it in one pass, and u exp(-u^2) / sqrt pi.
 */
export const gelu = unary('Gelu', ({ inputs: [x], d }) => [
  () => {
    const u = mul(x, Math.SQRT1_2);
    const distribution = hardSigmoid(erf(u), 0.5, 0.5);
    const slope = mul(div(u, exp(mul(u, u))), 1 / Math.sqrt(Math.PI));
    return mul(d, add(distribution, slope));
  },
]);

/** x * sigmoid(alpha x), in one pass over memory. */
const QuickGelu = defineOp({
  name: 'QuickGelu',
  domain: 'com.microsoft',
  infer: inferUnary,
  // d s (1 + a x - a y), s = sigmoid(a x), y = x s
  gradient: ({ inputs: [x], outputs: [y], d, attributes }) => [
    () => {
      const alpha = floatOf(attributes, 'alpha');
      const scaled = (v: Value): Value => (alpha === 1 ? v : mul(v, alpha));
      return mul(d, mul(sigmoid(scaled(x)), add(scaled(sub(x, y)), 1)));
    },
  ],
});

/** x * sigmoid(x) */
export const silu = (x: Value): Value => apply(QuickGelu, [x], { alpha: { float: 1 } });
/** x * sigmoid(1.702 x), the activation of CLIP's first text encoders. */
export const quickGelu = (x: Value): Value => apply(QuickGelu, [x], { alpha: { float: 1.702 } });

const HardSigmoid = defineOp({ name: 'HardSigmoid', infer: inferUnary });

/**
 * slope * x + offset in one pass, cut to 0 to 1. Has no gradient: only gelu's emits it.
 *
 * @internal
 */
export function hardSigmoid(x: Value, slope: number, offset: number): Value {
  return apply(HardSigmoid, [x], { alpha: { float: slope }, beta: { float: offset } });
}

const Clip = defineOp({
  name: 'Clip',
  infer: inferUnary,
  // 0 outside the limits
  gradient: ({ inputs: [x], outputs: [y], d }) => [() => masked(d, equal(x, y))],
});

/** min(max(x, min), max), any shape; the gradient passes where x was not changed. */
export function clip(x: Value, min: number, max: number): Value {
  return apply(Clip, [x, x.graph.scalar(min), x.graph.scalar(max)]);
}

const Where = defineOp({
  name: 'Where',
  infer: (call) => {
    const [condition, a, b] = [operand(call, 0), operand(call, 1), operand(call, 2)];
    if (condition.dtype !== 'bool')
      throw mismatch('Where', `the condition is ${condition.dtype}, must be bool`);
    if (a.dtype !== b.dtype) throw mismatch('Where', `the branches are ${a.dtype} and ${b.dtype}`);
    const branches = broadcastShapes('Where', a.shape, b.shape);
    return [{ dtype: a.dtype, shape: broadcastShapes('Where', condition.shape, branches) }];
  },
  gradient: ({ inputs: [condition], d }) => [
    undefined,
    () => where(condition, d, 0),
    () => where(condition, d.graph.scalar(0), d),
  ],
});

/** `a` where the bool `condition` holds, else `b`; all three broadcast. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  return apply(Where, [condition, asValue(condition, a), asValue(condition, b)]);
}
