import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { gradient } from '../../companion/graph/gradient.ts';
import { Graph } from '../../companion/graph/graph.ts';
import { executionOrder, peakActivationBytes } from '../../companion/graph/liveness.ts';
import { lowerGraph } from '../../companion/graph/lowering.ts';
import * as ops from '../../companion/graph/ops/index.ts';
import type { Value } from '../../companion/graph/value.ts';
import { encodeModel } from '../../companion/onnx/model.ts';

/** Attention, a skip over it, and gradients by two of its inputs. */
function trained(): Graph {
  const graph = new Graph('g');
  const [q, k, v] = ['q', 'k', 'v'].map((name) => graph.input(name, [1, 2, 8, 4])) as [Value, Value, Value];
  const y = ops.silu(ops.add(ops.attention(q, k, ops.gelu(v), 0.5).output, q));
  const loss = ops.reduceSum(ops.mul(y, y), [0, 1, 2, 3], { keepDims: false });
  graph.output('loss', loss);
  for (const [index, by] of gradient(loss, [q, v]).entries()) graph.output(`d${index}`, by);
  return graph;
}

it('knows the order in which onnxruntime runs nodes', async () => {
  const graph = trained();
  const folder = await mkdtemp(join(tmpdir(), 'likeness-order-'));
  const session = await InferenceSession.create(
    encodeModel(graph, () => expect.fail('no weights')),
    {
      graphOptimizationLevel: 'disabled',
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    },
  );
  const feeds = [...graph.inputs].map(([name, { shape }]) => {
    const zeros = new Float32Array(shape.reduce((product, size) => product * size, 1));
    return [`input:${name}`, new Tensor('float32', zeros, shape)] as const;
  });
  await session.run(Object.fromEntries(feeds));
  session.endProfiling();
  await session.release();
  const [profile] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, profile!), 'utf8')) as {
    name: string;
    args: { op_name: string; node_index: string };
  }[];
  await rm(folder, { recursive: true });
  // What hands an output over is not a node of ours.
  const ran = events
    .filter(({ name, args }) => name.endsWith('_kernel_time') && args.op_name !== 'Identity')
    .map(({ args }) => Number(args.node_index));
  const lowered = lowerGraph(graph);
  const foreseen = executionOrder(lowered).map((node) => lowered.nodes.indexOf(node));
  expect(foreseen).toEqual(ran);
  expect(foreseen).not.toEqual(foreseen.toSorted((a, b) => a - b));
});

it('counts what is alive at once, without what is made before the first run', () => {
  const graph = new Graph('g');
  const x = graph.input('x', [10]);
  const weight = ops.exp(graph.parameter('w', [10])); // folded
  const a = ops.mul(x, weight); // 40 bytes
  const b = ops.exp(a); // 80, and a is freed
  const c = ops.exp(b); // 80, and b is freed
  graph.output('y', ops.add(c, ops.exp(c))); // c, its exponential and their sum: 120
  expect(peakActivationBytes(graph)).toBe(120);
});
