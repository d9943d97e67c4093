/** Convolutions in other forms, against the plain one: kernels that a run is fed are never copied. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Graph } from '../../companion/graph/graph.ts';
import { lowerGraph } from '../../companion/graph/lowering.ts';
import type { LoweringOptions } from '../../companion/graph/op.ts';
import {
  averagePool2x,
  conv2d,
  flippedKernel,
  kernelCopies,
  upsampleNearest2x,
} from '../../companion/graph/ops/index.ts';
import type { Value } from '../../companion/graph/value.ts';
import { openSession } from '../../companion/runtime/session.ts';
import type { Shape, Tensor } from '../../companion/tensor/tensor.ts';
import { filled } from './rows/row.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-kernels-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Case {
  readonly image: Shape;
  readonly build: (x: Value, weight: Value, bias: Value) => Value;
}

const KERNEL: Shape = [80, 96, 3, 3];
const UPSAMPLED: Case = {
  image: [2, 96, 12, 16],
  build: (x, weight, bias) => conv2d(upsampleNearest2x(x), weight, bias, { padding: 1 }),
};
/** As the gradient by an image that was doubled before a convolution has it. */
const MEAN: Case = {
  image: [2, 80, 24, 32],
  build: (x, weight) => averagePool2x(conv2d(x, flippedKernel(weight), undefined, { padding: 1 })),
};

/** The graph, its kernel a parameter or an input. */
function graphOf({ image, build }: Case, kernelIs: 'parameter' | 'input'): Graph {
  const graph = new Graph('g');
  const weight = graph[kernelIs]('kernel', KERNEL);
  graph.output('y', build(graph.input('x', image), weight, graph.input('bias', [KERNEL[0]!])));
  return graph;
}

/** Operators that outputs depend on. */
function opsOf(graph: Graph, options: LoweringOptions): readonly string[] {
  const lowered = lowerGraph(graph, options);
  const read = new Set([...lowered.outputs.values()].map(({ producer }) => producer));
  for (const node of lowered.nodes.toReversed()) {
    if (read.has(node)) for (const input of node.inputs) read.add(input?.producer);
  }
  return lowered.nodes.filter((node) => read.has(node)).map(({ op }) => op.name);
}

async function run(chosen: Case, kernelIs: 'parameter' | 'input', form: 'folded' | 'stored') {
  const graph = graphOf(chosen, kernelIs);
  const kernel = filled(KERNEL, 2);
  const file = join(folder, 'kernel.bin');
  await writeFile(file, new Uint8Array(kernel.data.buffer));
  const session =
    form === 'folded'
      ? await openSession(graph, () => kernel)
      : await openSession(graph, () => ({ file, offset: 0, length: 4 * kernel.data.length }), {
          weights: 'mapped',
          cacheFolder: folder,
        });
  const values: Record<string, Tensor> = {
    x: filled(chosen.image, 1),
    kernel,
    bias: filled([KERNEL[0]!], 3),
  };
  const feeds = [...graph.inputs.keys()].map((name) => [name, values[name]!] as const);
  const { y } = await session.run(Object.fromEntries(feeds));
  await session.release();
  return y!.data as Float32Array;
}

describe.each([
  ['an upsampled image', UPSAMPLED],
  ['the mean of a convolution', MEAN],
] as const)('%s', (_name, chosen) => {
  it.each(['folded', 'stored'] as const)('has the same values with %s copies', async (form) => {
    const plain = await run(chosen, 'input', form);
    const got = await run(chosen, 'parameter', form);
    const largest = plain.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const worst = plain.reduce((most, value, index) => Math.max(most, Math.abs(value - got[index]!)), 0);
    expect(worst / largest).toBeLessThan(2e-6);
  });

  it('is another form where the kernel is a weight, and its copies are stored or may be folded', () => {
    const graph = graphOf(chosen, 'parameter');
    const plain = opsOf(graph, {});
    const storedKernels = new Set(kernelCopies(graph).map(({ name }) => name));
    const stored = opsOf(graph, { storedKernels });
    for (const other of [stored, opsOf(graph, { foldsKernels: true })]) {
      expect(other).not.toEqual(plain);
      expect(other).not.toContain(chosen === MEAN ? 'AveragePool' : 'Resize');
    }
    expect(stored).not.toContain('Gemm');
    const fed = graphOf(chosen, 'input');
    expect(opsOf(fed, { foldsKernels: true, storedKernels })).toEqual(opsOf(fed, {}));
  });
});

it('stays as it is where there is little to save, where an image is not doubled and in half precision', () => {
  const others: readonly Case[] = [
    { ...UPSAMPLED, image: [1, 96, 2, 2] },
    { ...UPSAMPLED, build: (x, weight, bias) => conv2d(x, weight, bias, { padding: 1 }) },
    {
      ...UPSAMPLED,
      build: (x, weight) => conv2d(upsampleNearest2x(x), weight, undefined, { padding: 1, stride: 2 }),
    },
    { ...MEAN, build: (x, weight) => averagePool2x(conv2d(x, flippedKernel(weight))) },
  ];
  for (const other of others) {
    const graph = graphOf(other, 'parameter');
    expect(kernelCopies(graph).filter(({ form }) => form !== 'turned')).toEqual([]);
    expect(opsOf(graph, { foldsKernels: true })).toEqual(opsOf(graph, {}));
  }
  const half = new Graph('half', 'float16');
  const weight = half.parameter('kernel', KERNEL);
  half.output('y', UPSAMPLED.build(half.input('x', UPSAMPLED.image), weight, half.input('bias', [80])));
  expect(kernelCopies(half)).toEqual([]);
  expect(opsOf(half, { foldsKernels: true })).toContain('Resize');
});
