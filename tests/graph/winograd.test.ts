/** Winograd's form of convolutions, against the plain one: kernels are stored in it, and where one is not, nothing changes. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../companion/graph/graph.ts';
import { lowerGraph } from '../../companion/graph/lowering.ts';
import {
  type Conv2dOptions,
  conv2d,
  kernelCopies,
  upsampleNearest2x,
  type WinogradUse,
} from '../../companion/graph/ops/index.ts';
import { openSession, type SessionOptions } from '../../companion/runtime/session.ts';
import type { Shape } from '../../companion/tensor/tensor.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { filled } from './rows/row.ts';

interface Case {
  /** [B, C, H, W] */
  readonly image: Shape;
  readonly out: number;
  readonly options?: Conv2dOptions;
  readonly hasBias?: boolean;
}

const kernelShape = ({ image, out }: Case): Shape => [out, image[1]!, 3, 3];

function graphOf(chosen: Case, precision?: 'float16'): Graph {
  const { image, out, options = { padding: 1 }, hasBias = true } = chosen;
  const graph = new Graph('g', precision);
  const bias = hasBias ? graph.input('bias', [out]) : undefined;
  graph.output(
    'y',
    conv2d(graph.input('x', image), graph.parameter('kernel', kernelShape(chosen)), bias, options),
  );
  return graph;
}

async function run(chosen: Case, options: SessionOptions): Promise<Float32Array> {
  const folder = await scratchFolder();
  const file = join(folder, 'kernel.bin');
  const kernel = filled(kernelShape(chosen), 2);
  await writeFile(file, new Uint8Array(kernel.data.buffer));
  const weights = () => ({ file, offset: 0, length: kernel.data.byteLength });
  const graph = graphOf(chosen);
  const session = await openSession(graph, weights, { threads: 1, cacheFolder: folder, ...options });
  const x = filled(chosen.image, 1);
  const { y } = await session.run(graph.inputs.has('bias') ? { x, bias: filled([chosen.out], 3) } : { x });
  await session.release();
  // The kernel as it lies, and in Winograd's form.
  expect(await readdir(folder)).toHaveLength(options.winograd === undefined ? 1 : 2);
  return y!.data as Float32Array;
}

const use = (chosen: Case, winograd?: WinogradUse) =>
  kernelCopies(graphOf(chosen), winograd).map(({ form }) => form);

describe('a convolution of tiles', () => {
  it.each<[string, Case]>([
    ['one tile', { image: [1, 3, 4, 4], out: 5 }],
    ['a batch', { image: [2, 24, 16, 16], out: 40 }],
    ['an image that is wider than high, without a bias', { image: [3, 17, 8, 20], out: 9, hasBias: false }],
    ['one that is higher than wide', { image: [1, 40, 36, 4], out: 16 }],
  ])('of %s has the values of the plain one', async (_name, chosen) => {
    const plain = await run(chosen, { weights: 'mapped' });
    const deviation = Math.sqrt(plain.reduce((sum, value) => sum + value ** 2, 0) / plain.length);
    for (const weights of ['mapped', 'packed'] as const) {
      const tiled = await run(chosen, { winograd: 'always', weights });
      expect(tiled).toHaveLength(plain.length);
      const worst = plain.reduce((most, value, at) => Math.max(most, Math.abs(value - tiled[at]!)), 0);
      expect(worst / deviation).toBeLessThan(3e-5);
      // Another form, and not the plain one once more.
      expect(worst).toBeGreaterThan(0);
    }
  });

  it('has no Conv in its graph, and one where its kernel is not stored', () => {
    const graph = graphOf({ image: [2, 24, 16, 16], out: 40 });
    const [copy] = kernelCopies(graph, 'always');
    expect(copy).toMatchObject({ name: 'kernel winograd', of: 'kernel', shape: [36, 40, 24] });
    const ops = (storedKernels: readonly string[]) =>
      lowerGraph(graph, { storedKernels: new Set(storedKernels) }).nodes.map(({ op }) => op.name);
    expect(ops([copy!.name])).not.toContain('Conv');
    expect(ops([])).toEqual(['Conv']);
  });

  it('is not for other convolutions, and in none where no session asks for it', () => {
    const plain: Case = { image: [2, 24, 16, 16], out: 40 };
    expect(use(plain, 'always')).toEqual(['winograd']);
    expect(use(plain)).toEqual([]);
    const others: readonly Case[] = [
      { ...plain, image: [2, 24, 16, 18] },
      { ...plain, image: [2, 24, 15, 16] },
      { ...plain, options: { padding: 1, stride: 2 } },
      { ...plain, options: { padding: 0 } },
      { ...plain, options: { padding: [0, 1, 1, 1] } },
      { ...plain, options: { padding: 2, dilation: 2 } },
    ];
    for (const other of others) expect(use(other, 'always')).toEqual([]);
    expect(kernelCopies(graphOf(plain, 'float16'), 'always')).toEqual([]);
  });

  it('is not for one of a doubled image, which has a form of its own', () => {
    const graph = new Graph('g');
    const kernel = graph.parameter('kernel', [80, 96, 3, 3]);
    graph.output(
      'y',
      conv2d(upsampleNearest2x(graph.input('x', [2, 96, 12, 16])), kernel, undefined, { padding: 1 }),
    );
    expect(new Set(kernelCopies(graph, 'always').map(({ form }) => form))).toEqual(new Set(['doubled']));
  });

  it.each<[string, Case, readonly WinogradUse[]]>([
    ['large images of few channels', { image: [2, 960, 64, 64], out: 320 }, ['roomy', 'lean']],
    ['small ones of 640', { image: [2, 1280, 16, 16], out: 640 }, ['roomy', 'lean']],
    ['small ones of 1280, whose kernels are gigabytes', { image: [2, 2560, 16, 16], out: 1280 }, ['roomy']],
    ['images of too few tiles', { image: [2, 1280, 8, 8], out: 640 }, []],
    ['images of few channels', { image: [2, 4, 64, 64], out: 320 }, []],
    ['very large images', { image: [1, 320, 64, 256], out: 320 }, []],
  ])('is faster for %s', (_name, chosen, faster) => {
    expect((['roomy', 'lean'] as const).filter((winograd) => use(chosen, winograd).length > 0)).toEqual(
      faster,
    );
  });
});
