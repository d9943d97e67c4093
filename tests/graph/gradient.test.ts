import { expect, it } from 'vitest';
import { gradient } from '../../companion/graph/gradient.ts';
import { Graph } from '../../companion/graph/graph.ts';
import * as ops from '../../companion/graph/ops/index.ts';
import type { Value } from '../../companion/graph/value.ts';
import { printGraph } from './print.ts';

const sumOf = (x: Value): Value => ops.reduceSum(x, [...x.shape.keys()]);

it('differentiates nothing before the first value asked for', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [1, 4, 8, 8]);
  const factor = graph.input('factor', [4, 1, 1]);
  const before = ops.silu(ops.conv2d(x, graph.parameter('w', [4, 4, 3, 3]), undefined, { padding: 1 }));
  const loss = sumOf(ops.mul(before, factor));
  const forward = graph.nodes.length;
  gradient(loss, [factor]);
  const emitted = graph.nodes.slice(forward).map(({ op }) => op.name);
  expect(emitted).not.toContain('Conv');
  expect(emitted).toContain('ReduceSum');
});

it('builds the gradient of an operand only if that operand needs one', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [3, 4]);
  const loss = sumOf(ops.linear(x, graph.parameter('w', [2, 4]), graph.parameter('b', [2])));
  const forward = graph.nodes.length;
  gradient(loss, [x]);
  expect(graph.nodes.slice(forward).filter(({ op }) => op.name === 'MatrixProduct')).toHaveLength(1);
});

it('reads weights of linear layers and 1x1 convolutions as they lie, in both directions', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [1, 4, 2, 2]);
  const y = ops.conv2d(x, graph.parameter('conv', [4, 4, 1, 1]));
  gradient(sumOf(ops.linear(y, graph.parameter('linear', [3, 2]))), [x]);
  const parameters = new Set<Value>(graph.parameters.values());
  const moved = graph.nodes.filter(
    ({ op, inputs }) =>
      ['Transpose', 'Slice'].includes(op.name) && inputs[0] !== undefined && parameters.has(inputs[0]),
  );
  expect(moved).toEqual([]);
});

it('adds up what comes back along several paths', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [2]);
  graph.output('dx', gradient(sumOf(ops.add(ops.neg(x), x)), [x])[0]!);
  expect(printGraph(graph)).toBe(`graph g
  input x: float32 [2]
  %1: float32 [2] = Neg(x)
  %2: float32 [2] = Add(%1, x)
  %4: float32 [] = ReduceSum(%2, [0]) keepdims=0
  %7: float32 [1] = Reshape(1, [1])
  %9: float32 [2] = Expand(%7, [2])
  %10: float32 [2] = Neg(%9)
  %11: float32 [2] = Add(%9, %10)
  output dx = %11
`);
});

it('names an op that has no gradient', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [4]);
  expect(() => gradient(sumOf(ops.topK(x, 2)), [x])).toThrow('TopK has no gradient');
});

it('names a value that the loss does not depend on', () => {
  const graph = new Graph('g');
  const [x, y] = [graph.input('x', [4]), graph.input('unused', [4])];
  expect(() => gradient(sumOf(ops.neg(x)), [x, y])).toThrow('unused does not influence the target');
});

it('refuses to differentiate a grouped convolution', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [1, 4, 3, 3]);
  const y = ops.conv2d(x, graph.parameter('w', [4, 2, 3, 3]), undefined, { groups: 2 });
  expect(() => gradient(sumOf(y), [x])).toThrow('conv2d with groups or dilation has no gradient');
});

it('does not run out of stack on a graph of twenty thousand nodes', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [1]);
  let y = x;
  for (let i = 0; i < 20_000; i++) y = ops.add(y, x);
  const [dx] = gradient(sumOf(y), [x]);
  expect(dx!.shape).toEqual([1]);
});
