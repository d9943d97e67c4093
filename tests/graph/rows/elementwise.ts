import * as ops from '../../../companion/graph/ops/index.ts';
import type { Value } from '../../../companion/graph/value.ts';
import type { Shape } from '../../../companion/tensor/tensor.ts';
import * as ref from '../reference.ts';
import type { Row } from './row.ts';

const X: Shape = [2, 3];
const positive = (v: number) => Math.abs(v) + 0.3;

const unary = (
  name: string,
  build: (x: Value) => Value,
  f: (v: number) => number,
  more: Partial<Row> = {},
): Row => ({
  name,
  inputs: [X],
  build: ([x]) => build(x),
  expected: ([x]) => ref.map(x, f),
  ...more,
});

const binary = (
  name: string,
  build: (a: Value, b: Value) => Value,
  f: (a: number, b: number) => number,
  a: Shape,
  b: Shape,
): Row => ({
  name: `${name} [${a}] [${b}]`,
  inputs: [a, b],
  build: ([x, y]) => build(x, y),
  expected: ([x, y]) => ref.zip(x, y, f),
  domain: name === 'div' ? positive : (v) => v,
});

const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));

export const ELEMENTWISE_ROWS: readonly Row[] = [
  binary('add', ops.add, (a, b) => a + b, [2, 3], [2, 3]),
  binary('add', ops.add, (a, b) => a + b, [2, 3], [3]),
  binary('add', ops.add, (a, b) => a + b, [2, 1, 3], [4, 1]),
  binary('sub', ops.sub, (a, b) => a - b, [2, 3], [2, 1]),
  binary('sub', ops.sub, (a, b) => a - b, [], [2, 3]),
  binary('mul', ops.mul, (a, b) => a * b, [2, 3], [1, 3]),
  binary('mul', ops.mul, (a, b) => a * b, [3], [2, 2, 3]),
  binary('div', ops.div, (a, b) => a / b, [2, 3], [2, 1]),
  binary('maximum', ops.maximum, Math.max, [2, 3], [3]),
  unary(
    'add a number',
    (x) => ops.add(x, 2.5),
    (v) => v + 2.5,
  ),
  unary(
    'a value used twice',
    (x) => ops.mul(x, x),
    (v) => v * v,
  ),
  unary('neg', ops.neg, (v) => -v),
  unary('exp', ops.exp, Math.exp),
  unary('reciprocal', ops.reciprocal, (v) => 1 / v, { domain: positive }),
  unary('sqrt', ops.sqrt, Math.sqrt, { domain: positive }),
  unary('erf', ops.erf, ref.erf),
  unary('cos', ops.cos, Math.cos),
  unary('sin', ops.sin, Math.sin),
  unary(
    'clip',
    (x) => ops.clip(x, -1, 1),
    (v) => Math.min(1, Math.max(-1, v)),
  ),
  unary('sigmoid', ops.sigmoid, sigmoid),
  unary('tanh', ops.tanh, Math.tanh),
  unary('relu', ops.relu, (v) => Math.max(0, v)),
  unary('silu', ops.silu, (v) => v * sigmoid(v)),
  unary('quickGelu', ops.quickGelu, (v) => v * sigmoid(1.702 * v)),
  {
    ...unary(
      'hardSigmoid',
      (x) => ops.hardSigmoid(x, 0.5, 0.4),
      (v) => Math.min(1, Math.max(0, 0.5 * v + 0.4)),
    ),
    noGradient: 'only emitted by the gradient of gelu',
  },
  unary('gelu', ops.gelu, (v) => (v * (1 + ref.erf(v * Math.SQRT1_2))) / 2),
  ...(
    [
      ['greater', ops.greater, (v: number) => v > 0],
      ['greaterOrEqual', ops.greaterOrEqual, (v: number) => v >= 0],
      ['less', ops.less, (v: number) => v < 0],
      ['equal', ops.equal, (v: number) => v === 0],
    ] as const
  ).map(([name, compare, holds]) =>
    // the comparison itself has no gradient; the value it is multiplied with has
    unary(
      `${name}, cast`,
      (x) => ops.mul(ops.cast(compare(x, 0), 'float32'), x),
      (v) => (holds(v) ? v : 0),
    ),
  ),
  unary(
    'cast to the same type',
    (x) => ops.cast(x, 'float32'),
    (v) => v,
  ),
  unary(
    'cast there and back',
    (x) => ops.cast(ops.cast(x, 'float16'), 'float32'),
    (v) => v,
    {
      tolerance: 1e-3,
      noGradient: 'float16 is too coarse for finite differences, and carries no gradient',
    },
  ),
  {
    name: 'where',
    inputs: [[2, 3], [3], [2, 1]],
    build: ([c, a, b]) => ops.where(ops.greater(c, 0), ops.mul(a, 2), b),
    expected: ([c, a, b]) => ref.from([2, 3], (i) => (ref.at(c, i) > 0 ? 2 * ref.at(a, i) : ref.at(b, i))),
    noGradient: 'the condition does not influence the result smoothly; see the next row',
  },
  {
    name: 'where, by its branches',
    inputs: [[3], [2, 1]],
    build: ([a, b]) =>
      ops.where(
        a.graph.constant({ dtype: 'bool', shape: [2, 3], data: Uint8Array.of(1, 0, 1, 0, 1, 0) }),
        a,
        b,
      ),
    expected: ([a, b]) => ref.from([2, 3], (i) => ((i[0]! + i[1]!) % 2 === 0 ? ref.at(a, i) : ref.at(b, i))),
  },
];
