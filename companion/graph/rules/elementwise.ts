import { hardSigmoid, sigmoid } from '../ops/activation.ts';
import {
  add,
  cast,
  cos,
  div,
  equal,
  erf,
  exp,
  greater,
  greaterOrEqual,
  less,
  mul,
  neg,
  sin,
  sub,
  where,
} from '../ops/elementwise.ts';
import { floatOf, type Value } from '../value.ts';
import type { RuleTable } from './rule.ts';

/** d [condition] */
const masked = (d: Value, condition: Value): Value => mul(d, cast(condition, 'float32'));

export const ELEMENTWISE_RULES: RuleTable = {
  Add: ({ d }) => [() => d, () => d],
  Sub: ({ d }) => [() => d, () => neg(d)],
  Mul: ({ inputs: [a, b], d }) => [() => mul(d, b), () => mul(d, a)],
  // d(a/b)/db = -(a/b)/b
  Div: ({ inputs: [, b], outputs: [y], d }) => [() => div(d, b), () => neg(div(mul(d, y), b))],
  // equal operands: to the first
  Max: ({ inputs: [a, b], d }) => [() => masked(d, greaterOrEqual(a, b)), () => masked(d, less(a, b))],

  Neg: ({ d }) => [() => neg(d)],
  Exp: ({ outputs: [y], d }) => [() => mul(d, y)],
  // -d / x^2
  Reciprocal: ({ outputs: [y], d }) => [() => neg(mul(d, mul(y, y)))],
  // d 2/sqrt(pi) exp(-x^2)
  Erf: ({ inputs: [x], d }) => [() => mul(mul(d, exp(neg(mul(x, x)))), 2 / Math.sqrt(Math.PI))],
  Cos: ({ inputs: [x], d }) => [() => neg(mul(d, sin(x)))],
  Sin: ({ inputs: [x], d }) => [() => mul(d, cos(x))],
  // 0 outside the limits
  Clip: ({ inputs: [x], outputs: [y], d }) => [() => masked(d, equal(x, y))],

  // d y (1 - y)
  Sigmoid: ({ outputs: [y], d }) => [() => mul(d, sub(y, mul(y, y)))],
  // d (1 - y^2)
  Tanh: ({ outputs: [y], d }) => [() => sub(d, mul(d, mul(y, y)))],
  Relu: ({ outputs: [y], d }) => [() => masked(d, greater(y, 0))],
  // d s (1 + a x - a y), s = sigmoid(a x), y = x s
  QuickGelu: ({ inputs: [x], outputs: [y], d, attributes }) => [
    () => {
      const alpha = floatOf(attributes, 'alpha');
      const scaled = (v: Value): Value => (alpha === 1 ? v : mul(v, alpha));
      return mul(d, mul(sigmoid(scaled(x)), add(scaled(sub(x, y)), 1)));
    },
  ],
  // d (Phi(x) + x phi(x)), Phi and phi the normal distribution and its density. With u = x / sqrt 2 these are
  // (1 + erf u) / 2, which lies in 0 to 1 so that a hard sigmoid makes it in one pass, and u exp(-u^2) / sqrt pi.
  Gelu: ({ inputs: [x], d }) => [
    () => {
      const u = mul(x, Math.SQRT1_2);
      const distribution = hardSigmoid(erf(u), 0.5, 0.5);
      const slope = mul(div(u, exp(mul(u, u))), 1 / Math.sqrt(Math.PI));
      return mul(d, add(distribution, slope));
    },
  ],

  Where: ({ inputs: [condition], d }) => [
    undefined,
    () => where(condition, d, 0),
    () => where(condition, d.graph.scalar(0), d),
  ],
  Cast: ({ inputs: [x], d }) => [() => cast(d, x.dtype)],
};
