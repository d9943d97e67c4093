import { readdir, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { locateWeights } from '../../companion/checkpoint/external-weights.ts';
import { openWeightStore } from '../../companion/checkpoint/weight-store.ts';
import { gradient } from '../../companion/graph/gradient.ts';
import { Graph } from '../../companion/graph/graph.ts';
import { conv2d } from '../../companion/graph/ops/index.ts';
import { openSession, type SessionOptions } from '../../companion/runtime/session.ts';
import { float32ToHalf } from '../../companion/tensor/half.ts';
import type { WritableTensor } from '../../companion/tensor/safetensors-writer.ts';
import { float32, type WeightLocation } from '../../companion/tensor/tensor.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';

const FIRST = { name: 'first', shape: [3, 2, 3, 3] };
const SECOND = { name: 'second', shape: [2, 3, 1, 1] };
const wave = (length: number) => Float32Array.from({ length }, (_, index) => Math.sin(1 + index * 1.3));
const X = float32(wave(2 * 2 * 4 * 4), [2, 2, 4, 4]);
const SEED = float32(wave(2 * 2 * 4 * 4).reverse(), [2, 2, 4, 4]);

/** The gradient by the input of two convolutions, of which the second is pointwise. */
function backwardGraph(): Graph {
  const graph = new Graph('backward');
  const x = graph.input('x', X.shape);
  const seed = graph.input('seed', SEED.shape);
  const hidden = conv2d(x, graph.parameter(FIRST.name, FIRST.shape), undefined, { padding: 1 });
  const output = conv2d(hidden, graph.parameter(SECOND.name, SECOND.shape));
  graph.output('y', output);
  graph.output('dx', gradient([{ output, seed }], [x])[0]!);
  return graph;
}

async function weightsIn(folder: string): Promise<(name: string) => WeightLocation> {
  const file = join(folder, 'weights.bin');
  const [first, second] = [wave(54), wave(6)];
  // One byte ahead: offsets in a safetensors file follow a header of any length.
  await writeFile(
    file,
    Buffer.concat([Buffer.from('a'), Buffer.from(first.buffer), Buffer.from(second.buffer)]),
  );
  const places = new Map([
    [FIRST.name, { file, offset: 1, length: 216 }],
    [SECOND.name, { file, offset: 217, length: 24 }],
  ]);
  return (name) => places.get(name)!;
}

async function run(weights: (name: string) => WeightLocation, options: SessionOptions) {
  const session = await openSession(backwardGraph(), weights, { threads: 1, ...options });
  const results = await session.run({ x: X, seed: SEED });
  await session.release();
  return results;
}

describe('kernels stored as the backward pass reads them', () => {
  it('give the gradients that folded ones give, from one file that is written once', async () => {
    const folder = await scratchFolder();
    const cacheFolder = join(folder, 'cache');
    const weights = await weightsIn(folder);
    const folded = await run(weights, { weights: 'mapped' });
    expect(await run(weights, { weights: 'mapped', cacheFolder })).toEqual(folded);
    const [name, ...others] = await readdir(cacheFolder);
    expect(others).toEqual([]);
    const sidecar = join(cacheFolder, name!);
    const { ino, size } = await stat(sidecar);

    expect(await run(weights, { weights: 'mapped', cacheFolder })).toEqual(folded);
    expect((await stat(sidecar)).ino).toBe(ino);

    await truncate(sidecar, size - 4);
    expect(await run(weights, { weights: 'mapped', cacheFolder })).toEqual(folded);
    expect((await stat(sidecar)).size).toBe(size);
  });

  it('are those of the weights as they are now', async () => {
    const folder = await scratchFolder();
    const cacheFolder = join(folder, 'cache');
    const weights = await weightsIn(folder);
    const before = await run(weights, { weights: 'mapped', cacheFolder });
    const { file } = weights(FIRST.name);
    await writeFile(file, Buffer.concat([Buffer.from('ab'), Buffer.from(wave(60).reverse().buffer)]));
    const moved = (name: string) => ({ ...weights(name), offset: weights(name).offset + 1 });
    const after = await run(moved, { weights: 'mapped', cacheFolder });
    expect(after).toEqual(await run(moved, { weights: 'mapped' }));
    expect(after.dx).not.toEqual(before.dx);
  });

  it('are written once for halves too, whose float32 copy is marked with every use', async () => {
    const folder = await scratchFolder();
    const cacheFolder = join(folder, 'cache');
    const file = join(folder, 'halves.safetensors');
    const half = (shape: number[], length: number): WritableTensor => ({
      dtype: 'F16',
      shape,
      data: float32ToHalf(wave(length)),
    });
    const tensors = new Map([
      [FIRST.name, half(FIRST.shape, 54)],
      [SECOND.name, half(SECOND.shape, 6)],
    ]);
    await writeSafetensors(file, tensors);
    const names = new Set<string>();
    for (const hour of [1, 2, 3]) {
      const store = await openWeightStore({ files: [file], index: undefined });
      await run(await locateWeights(store, cacheFolder), { weights: 'mapped', cacheFolder });
      for (const name of await readdir(cacheFolder)) {
        names.add(name);
        await utimes(join(cacheFolder, name), hour * 3600, hour * 3600);
      }
    }
    expect(names.size).toBe(2);
  });

  it('are not written for weights that are packed, and not needed where they cannot be written', async () => {
    const folder = await scratchFolder();
    const weights = await weightsIn(folder);
    const folded = await run(weights, { weights: 'mapped' });
    await run(weights, { weights: 'packed', cacheFolder: join(folder, 'cache') });
    expect(await readdir(folder)).toEqual(['weights.bin']);

    const noFolder = weights(FIRST.name).file;
    expect(await run(weights, { weights: 'mapped', cacheFolder: noFolder })).toEqual(folded);
  });
});
