import { expect, it } from 'vitest';
import { Random } from '../../companion/diffusion/random.ts';
import { type GradientCheckpointing, gradient } from '../../companion/graph/gradient.ts';
import { Graph } from '../../companion/graph/graph.ts';
import { peakActivationBytes } from '../../companion/graph/liveness.ts';
import { lowerGraph } from '../../companion/graph/lowering.ts';
import * as ops from '../../companion/graph/ops/index.ts';
import type { Value } from '../../companion/graph/value.ts';
import { openSession } from '../../companion/runtime/session.ts';
import { elementCount, float32, type Tensor } from '../../companion/tensor/tensor.ts';
import { printGraph } from './print.ts';

const sumOf = (x: Value): Value => ops.reduceSum(x, [...x.shape.keys()], { keepDims: false });

it('computes what lies between two checkpoints again, once the gradient by their end is there', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [2]);
  const middle = ops.exp(ops.tanh(x));
  const end = ops.exp(ops.tanh(middle));
  const target = { output: end, seed: graph.input('seed', [2]) };
  graph.output('dx', gradient([target], [x], { checkpoints: new Set([middle, end]) })[0]!);
  expect(printGraph(lowerGraph(graph))).toBe(`graph g
  input x: float32 [2]
  input seed: float32 [2]
  %5: float32 [2] = Tanh(x)
  %6: float32 [2] = Exp(%5)
  %7: float32 [2] = Tanh(%6)
  %8: float32 [2] = Exp(%7)
  %9: float32 [1] = Slice(seed, [0], [1], [0], [1])
  %10: float32 [1] = Mul(%9, 0)
  %11: float32 [2] = Add(%6, %10)
  %12: float32 [2] = Tanh(%11)
  %13: float32 [2] = Mul(seed, %8)
  %14: float32 [2] = Mul(%12, %12)
  %15: float32 [2] = Mul(%13, %14)
  %16: float32 [2] = Sub(%13, %15)
  %17: float32 [2] = Mul(%16, %6)
  %18: float32 [2] = Mul(%5, %5)
  %19: float32 [2] = Mul(%17, %18)
  %20: float32 [2] = Sub(%17, %19)
  output dx = %20
`);
});

/** Eight blocks of ten wide values each, of which nothing but the last is narrow. */
function tower(checkpointing: (ends: ReadonlySet<Value>) => GradientCheckpointing) {
  const graph = new Graph('tower');
  const x = graph.input('x', [8, 64]);
  const factors: Value[] = [];
  const ends = new Set<Value>();
  let h = x;
  for (let block = 0; block < 8; block++) {
    const factor = graph.input(`factor${block}`, [64]);
    factors.push(factor);
    let wide = ops.linear(ops.mul(h, factor), graph.input(`up${block}`, [640, 64]));
    for (let layer = 0; layer < 4; layer++) wide = ops.tanh(ops.silu(wide));
    h = ops.add(h, ops.linear(wide, graph.input(`down${block}`, [64, 640])));
    ends.add(h);
  }
  const loss = sumOf(ops.mul(h, h));
  graph.output('loss', loss);
  for (const [index, by] of gradient(loss, factors, checkpointing(ends)).entries())
    graph.output(`d${index}`, by);
  return graph;
}

/** Two heads of 1024 queries and keys: as large as those that are computed again. */
function attention(checkpointing: GradientCheckpointing) {
  const graph = new Graph('attention');
  const [q, k, v] = ['q', 'k', 'v'].map((name) => graph.input(name, [2, 2, 1024, 4])) as [
    Value,
    Value,
    Value,
  ];
  const { output } = ops.attention(q, k, v, 0.5);
  const loss = sumOf(ops.mul(output, output));
  graph.output('loss', loss);
  for (const [index, by] of gradient(loss, [q, k, v], checkpointing).entries()) graph.output(`d${index}`, by);
  return graph;
}

async function run(graph: Graph) {
  const session = await openSession(graph, () => expect.fail('no weights'), { threads: 1 });
  const random = new Random(1);
  const feeds: Record<string, Tensor> = {};
  for (const [name, { shape }] of graph.inputs) {
    const data = random.gaussians(elementCount(shape)).map((value) => value / Math.sqrt(shape.at(-1)!));
    feeds[name] = float32(data, shape);
  }
  const outputs = await session.run(feeds);
  await session.release();
  return outputs;
}

const cases = [
  {
    name: 'blocks',
    whole: tower(() => 'none'),
    again: tower((checkpoints) => ({ checkpoints })),
    least: 3.5,
  },
  {
    name: 'attention',
    whole: attention('none'),
    again: attention('attention'),
    least: 1.9,
  },
];

it.each(cases)(
  '$name computed again: the same gradients, of far less memory',
  async ({ whole, again, least }) => {
    const [kept, remade] = [await run(whole), await run(again)];
    for (const [name, { data }] of Object.entries(kept)) {
      const expected = data as Float32Array;
      const size = Math.hypot(...expected);
      const error = Math.hypot(
        ...expected.map((value, index) => value - (remade[name]!.data as Float32Array)[index]!),
      );
      expect(size, name).toBeGreaterThan(0);
      expect(error / size, name).toBeLessThan(1e-5);
    }
    const [before, after] = [whole, again].map((graph) => peakActivationBytes(lowerGraph(graph)));
    expect(before! / after!).toBeGreaterThan(least);
  },
);
