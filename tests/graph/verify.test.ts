import { expect, it } from 'vitest';
import { Graph } from '../../companion/graph/graph.ts';
import { add, neg, reshape, split } from '../../companion/graph/ops/index.ts';
import type { Value } from '../../companion/graph/value.ts';
import { verifyGraph } from './verify.ts';

function soundGraph(): { graph: Graph; x: Value; y: Value } {
  const graph = new Graph('g');
  const x = graph.input('x', [2, 3]);
  const y = add(x, graph.parameter('bias', [3]));
  graph.output('y', y);
  return { graph, x, y };
}

it('accepts a sound graph, also one that leaves a part of a split unread', () => {
  const { graph, x } = soundGraph();
  graph.output('left', split(x, [1, 2], 1)[0]!);
  expect(() => verifyGraph(graph)).not.toThrow();
});

it('finds a graph without outputs', () => {
  const graph = new Graph('g');
  neg(graph.input('x', [1]));
  expect(() => verifyGraph(graph)).toThrow('it has no outputs');
});

it('finds nodes, inputs and parameters that nobody reads', () => {
  const { graph, y } = soundGraph();
  neg(y);
  graph.input('spare', [1]);
  graph.parameter('unet.spare', [1]);
  expect(() => verifyGraph(graph)).toThrow(
    'nobody reads node 1 (Neg); nobody reads input spare; nobody reads parameter unet.spare',
  );
});

it('finds a recorded shape that is not what inference says', () => {
  const { graph, y } = soundGraph();
  (y as { shape: readonly number[] }).shape = [3, 2];
  expect(() => verifyGraph(graph)).toThrow(
    'output 0 is recorded as float32 [3,2], inferred as float32 [2,3]',
  );
});

it('finds an operand that is made later, and an output that is never made', () => {
  const { graph, x } = soundGraph();
  const late = reshape(x, [6]);
  const last = neg(late);
  graph.output('last', last);
  (graph.nodes as unknown as unknown[]).splice(1, 1);
  expect(() => verifyGraph(graph)).toThrow(`node 1 (Neg) reads value ${late.id} before it is made`);
});
