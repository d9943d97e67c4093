import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sd15With } from '../../bench/sd15.ts';
import { Random } from '../../companion/diffusion/random.ts';
import { bandGraph } from '../../companion/graph/banding.ts';
import { Graph, type GraphSpec } from '../../companion/graph/graph.ts';
import { peakActivationBytes } from '../../companion/graph/liveness.ts';
import { lowerGraph } from '../../companion/graph/lowering.ts';
import {
  add,
  attention,
  conv2d,
  kernelCopies,
  reduceMean,
  reshape,
  silu,
  upsampleNearest2x,
} from '../../companion/graph/ops/index.ts';
import type { Value } from '../../companion/graph/value.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { decoderGraph, encoderGraph } from '../../companion/models/model-graphs.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { openSession } from '../../companion/runtime/session.ts';
import { elementCount, float32, type Shape, type Tensor } from '../../companion/tensor/tensor.ts';

const GOLDEN = resolve(import.meta.dirname, '../../../shared/golden/nano/pipeline');

/** Share of the largest value: sums in another order, in float32. */
const TOLERANCE = 2e-5;

const numbers = (shape: Shape, seed = 1): Tensor<'float32'> =>
  float32(new Random(seed, 0).gaussians(elementCount(shape)), shape);

/** The same graph, every image of it in bands. */
function inBands({ key, build }: GraphSpec, bands: number): GraphSpec {
  return { key: `${key} in ${bands} bands`, build: () => bandGraph(build(), { bands, leastElements: 1 }) };
}

async function outputOf(pipeline: Pipeline, spec: GraphSpec): Promise<Float32Array> {
  const [input] = [...spec.build().inputs];
  const [name, { shape }] = input!;
  const outputs = await (await pipeline.session(spec)).run({ [name]: numbers(shape) });
  return Object.values(outputs)[0]!.data as Float32Array;
}

const isDoubled = (value: Value | undefined) => value?.producer?.op.name === 'Resize';

function difference(got: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return got.reduce((max, value, index) => Math.max(max, Math.abs(value - expected[index]!)), 0) / largest;
}

describe.each([
  ['the embedded model', join(EMBEDDED_MODELS, DEFAULT_MODEL)],
  ['golden nano', GOLDEN],
])('the codec of %s in bands', (_name, folder) => {
  const absent = !existsSync(folder);
  let cacheFolder: string;
  let pipeline: Pipeline;
  beforeAll(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), 'likeness-bands-'));
    if (!absent) pipeline = await Pipeline.open(folder, { cacheFolder, threads: 1 });
  });
  afterAll(async () => {
    await pipeline?.close();
    await rm(cacheFolder, { recursive: true });
  });

  it.skipIf(absent).each([2, 5])(
    `decodes and encodes the same${absent ? ` (no ${folder})` : ''}, %i bands`,
    async (bands) => {
      const side = 12 * pipeline.facts.downscale;
      for (const spec of [pipeline.decoder(12, 20), pipeline.encoder(side, side)]) {
        const whole = await outputOf(pipeline, spec);
        const banded = await outputOf(pipeline, inBands(spec, bands));
        expect(difference(banded, whole)).toBeLessThan(TOLERANCE);
      }
    },
  );
});

describe('bandGraph', () => {
  /** Everything at once: odd sizes, a padding of one side, a stride, a whole image read beside its bands. */
  function mixed(): Graph {
    const graph = new Graph('mixed');
    const x = graph.input('x', [2, 4, 11, 6]);
    const kernel = graph.parameter('kernel', [4, 4, 3, 3]);
    const one = silu(conv2d(x, kernel, undefined, { padding: 1 }));
    const half = conv2d(one, kernel, graph.parameter('bias', [4]), { stride: 2, padding: [0, 0, 1, 1] });
    const heads = reshape(half, [2, 2, 5 * 3, 2]);
    const { output } = attention(heads, heads, heads, 0.7);
    const sum = add(half, reshape(output, half.shape));
    graph.output('sum', sum);
    graph.output('mean', reduceMean(add(sum, half), [2, 3]));
    return graph;
  }

  it('gives the same numbers, whatever reads the images', async () => {
    const graphs = [mixed(), bandGraph(mixed(), { bands: 3, leastElements: 1 })];
    const [whole, banded] = await Promise.all(
      graphs.map(async (graph) => {
        const session = await openSession(graph, (name) => numbers(graph.parameters.get(name)!.shape, 2), {
          threads: 1,
        });
        return session.run({ x: numbers([2, 4, 11, 6]) });
      }),
    );
    for (const name of ['sum', 'mean']) {
      expect(
        difference(banded![name]!.data as Float32Array, whole![name]!.data as Float32Array),
      ).toBeLessThan(TOLERANCE);
    }
    expect(graphs[1]!.nodes.length).toBeGreaterThan(graphs[0]!.nodes.length);
  });

  it.each([3, 4])('convolves doubled images at once, %i bands', async (bands) => {
    const graph = new Graph('doubled');
    const kernel = graph.parameter('kernel', [80, 96, 3, 3]);
    const small = silu(graph.input('x', [1, 96, 14, 64]));
    graph.output('y', conv2d(upsampleNearest2x(small), kernel, undefined, { padding: 1 }));
    const banded = bandGraph(graph, { bands, leastElements: 1 });
    const cut = [...banded.nodes].filter(({ op, inputs }) => op.name === 'Slice' && isDoubled(inputs[0]));
    expect(cut).toEqual([]);
    expect(kernelCopies(banded)).toHaveLength(4);
    const outputs = await Promise.all(
      [graph, banded].map(async (one) => {
        const session = await openSession(one, () => numbers(kernel.shape, 2), { threads: 1 });
        const { y } = await session.run({ x: numbers([1, 96, 14, 64]) });
        return y!.data as Float32Array;
      }),
    );
    expect(difference(outputs[1]!, outputs[0]!)).toBeLessThan(TOLERANCE);
  });

  it('leaves graphs without large images as they are', () => {
    const graph = decoderGraph({ ...sd15With(), height: 64, width: 64, decoder: 'full' }).build();
    expect(peakActivationBytes(lowerGraph(graph))).toBeCloseTo(671e6, -6);
  });

  it('codes 1024 px of Stable Diffusion in two thirds of the memory', () => {
    const peak = (spec: GraphSpec) => peakActivationBytes(lowerGraph(spec.build()));
    const decoder = peak(decoderGraph({ ...sd15With(), height: 128, width: 128, decoder: 'full' }));
    // 2.68 GB as whole images.
    expect(decoder).toBeLessThan(1.85e9);
    expect(peak(encoderGraph({ ...sd15With(), height: 1024, width: 1024 }))).toBeLessThan(1.5e9);
  });
});
