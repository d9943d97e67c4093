import { expect, it } from 'vitest';
import { gradient } from '../../companion/graph/gradient.ts';
import { Graph } from '../../companion/graph/graph.ts';
import { lowerGraph } from '../../companion/graph/lowering.ts';
import {
  attention,
  exp,
  groupNorm,
  layerNorm,
  matmul,
  reduceSum,
  reshape,
} from '../../companion/graph/ops/index.ts';
import type { Value } from '../../companion/graph/value.ts';
import { openSession } from '../../companion/runtime/session.ts';
import { float32 } from '../../companion/tensor/tensor.ts';

const opsOf = (graph: Graph): string[] => graph.nodes.map(({ op }) => op.name);

function attentionGraph(): { graph: Graph; q: Value; output: Value; probabilities: Value } {
  const graph = new Graph('g');
  const q = graph.input('q', [1, 2, 3, 4]);
  return { graph, q, ...attention(q, q, q, 0.5) };
}

it('fuses attention when nobody reads its probabilities', () => {
  const { graph, output } = attentionGraph();
  graph.output('y', output);
  expect(opsOf(lowerGraph(graph))).toContain('MultiHeadAttention');
  expect(opsOf(lowerGraph(graph, { fusedAttention: false }))).not.toContain('MultiHeadAttention');
});

it('does not fuse attention whose map is read, or that a gradient goes through', () => {
  const mapped = attentionGraph();
  mapped.graph.output('y', mapped.output);
  mapped.graph.output('map', mapped.probabilities);
  expect(opsOf(lowerGraph(mapped.graph))).not.toContain('MultiHeadAttention');

  const trained = attentionGraph();
  const [dq] = gradient(reduceSum(trained.output, [0, 1, 2, 3]), [trained.q]);
  trained.graph.output('dq', dq!);
  expect(opsOf(lowerGraph(trained.graph))).not.toContain('MultiHeadAttention');
});

it('does not multiply by the values of attention when only its map is read', () => {
  const { graph, probabilities } = attentionGraph();
  graph.output('map', probabilities);
  expect(opsOf(lowerGraph(graph)).filter((op) => op.includes('MatMul'))).toHaveLength(1);
});

it('leaves layerNorm one operator for inference', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [2, 4]);
  graph.output('y', layerNorm(x, graph.parameter('scale', [4]), graph.parameter('bias', [4]), 1e-5));
  expect(opsOf(lowerGraph(graph))).toEqual(['LayerNormalization']);
});

it('normalizes groups as long as a decoder of 1024 pixels has, without a constant of their length', async () => {
  const length = 8 * 1024 * 1024;
  const graph = new Graph('g');
  const x = graph.input('x', [1, 1, length]);
  const [scale, bias] = [graph.constant(float32([2], [1])), graph.constant(float32([3], [1]))];
  graph.output('y', groupNorm(x, scale, bias, 1, 1e-6));
  const longest = Math.max(...[...lowerGraph(graph).constants.values()].map(({ data }) => data.length));
  expect(longest).toBeLessThan(10);

  const session = await openSession(graph, () => expect.unreachable('there are no weights'), { threads: 1 });
  const { y } = await session.run({
    x: float32(
      Float32Array.from({ length }, (_, i) => 5 + (i % 2)),
      x.shape,
    ),
  });
  await session.release();
  // Half of them 5, half of them 6: mean 5.5, deviation 0.5.
  for (const place of [0, 1, length - 2, length - 1]) {
    expect(y!.data[place]).toBeCloseTo(place % 2 === 0 ? 1 : 5, 4);
  }
});

it('keeps names of inputs, parameters and outputs', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [2, 4]);
  graph.output('y', layerNorm(x, graph.parameter('scale', [4]), graph.parameter('bias', [4]), 1e-5));
  graph.output('same as the input', x);
  const lowered = lowerGraph(graph);
  expect([...lowered.inputs.keys(), ...lowered.parameters.keys(), ...lowered.outputs.keys()]).toEqual([
    'x',
    'scale',
    'bias',
    'y',
    'same as the input',
  ]);
});

it('leaves out what no output depends on, and all but the last of several reshapes', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [2, 6]);
  exp(exp(x));
  graph.output('y', reshape(reshape(x, [3, 4]), [12]));
  const lowered = lowerGraph(graph);
  expect(opsOf(lowered)).toEqual(['Reshape']);
  expect(lowered.outputs.get('y')!.shape).toEqual([12]);
});

it('reads a value reshaped back to its own shape where it was', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [2, 6]);
  expect(reshape(reshape(x, [12]), [2, 6])).toBe(x);
});

it('transposes in steps of their own where products of transposed matrices have no kernel', () => {
  const graph = new Graph('g');
  const a = graph.input('a', [2, 3, 4]);
  graph.output('y', matmul(a, a, { transposeB: true, scale: 0.5 }));
  expect(opsOf(lowerGraph(graph))).toEqual(['FusedMatMul']);
  expect(opsOf(lowerGraph(graph, { fusedAttention: false }))).toEqual(['Transpose', 'MatMul', 'Mul']);
});

it.each([
  ['matrices', [3, 3], {}, ['Gemm']],
  ['matrices, transposed and scaled', [3, 3], { transposeA: true, scale: 2 }, ['Gemm']],
  ['stacks', [2, 3, 3], {}, ['MatMul']],
  ['stacks, transposed', [2, 3, 3], { transposeA: true }, ['FusedMatMul']],
  ['stacks, scaled', [2, 3, 3], { scale: 2 }, ['FusedMatMul']],
] as const)('multiplies %s with one node', (_, shape, options, expected) => {
  const graph = new Graph('g');
  const a = graph.input('a', shape);
  graph.output('y', matmul(a, a, options));
  expect(opsOf(lowerGraph(graph))).toEqual(expected);
});

it('lets the kernel of a product of matrices add what is added to it', () => {
  const graph = new Graph('g');
  const [a, stack] = [graph.input('a', [3, 3]), graph.input('stack', [2, 3, 3])];
  graph.output('y', matmul(a, a, { add: a }));
  graph.output('stacked', matmul(stack, stack, { add: a }));
  expect(opsOf(lowerGraph(graph))).toEqual(['Gemm', 'MatMul', 'Add']);
});
