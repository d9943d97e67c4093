import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Graph } from '../../companion/graph/graph.ts';
import { gather, linear, matmul, neg, reduceMean, transpose } from '../../companion/graph/ops/index.ts';
import { openSession, type Session } from '../../companion/runtime/session.ts';
import { float32, int64, type Tensor } from '../../companion/tensor/tensor.ts';

/** y = x W^T, with W [2, 3]; rows = W[ids] */
function graphOf(): Graph {
  const graph = new Graph('projection');
  const weight = graph.parameter('weight', [2, 3]);
  graph.output('y', linear(graph.input('x', [1, 3]), weight));
  graph.output('rows', gather(weight, graph.input('ids', [1], 'int64')));
  return graph;
}

const WEIGHT = [1, 2, 3, 4, 5, 6];
const FEEDS = { x: float32([1, 10, 100], [1, 3]), ids: int64([1]) };

async function expectProjection(session: Session): Promise<void> {
  const { y, rows } = await session.run(FEEDS);
  expect(y).toEqual(float32([321, 654], [1, 2]));
  expect(rows).toEqual(float32([4, 5, 6], [1, 3]));
  await session.release();
}

describe('weights', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness sessions '));
    file = join(folder, 'weights.bin');
    const floats = Float32Array.from(WEIGHT);
    // Three bytes ahead: offsets in a safetensors file follow a header of any length.
    await writeFile(file, Buffer.concat([Buffer.from('abc'), Buffer.from(floats.buffer)]));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(['mapped', 'packed'] as const)('come out of a file at an odd offset, %s', async (weights) => {
    const location = { file, offset: 3, length: 24 };
    await expectProjection(await openSession(graphOf(), () => location, { weights, threads: 1 }));
  });

  it('may be given as arrays', async () => {
    await expectProjection(await openSession(graphOf(), () => float32(WEIGHT, [2, 3]), { threads: 1 }));
  });

  it('must be given by absolute path', async () => {
    const location = { file: 'weights.bin', offset: 0, length: 24 };
    await expect(openSession(graphOf(), () => location)).rejects.toThrow(
      'weights.bin is not an absolute path',
    );
  });

  it('that are not there are an error, not a crash', async () => {
    const location = { file: join(folder, 'gone.bin'), offset: 0, length: 24 };
    await expect(openSession(graphOf(), () => location)).rejects.toThrow('gone.bin');
  });
});

describe('feeds', () => {
  let session: Session;
  beforeAll(async () => {
    session = await openSession(graphOf(), () => float32(WEIGHT, [2, 3]), { threads: 1 });
  });
  afterAll(() => session.release());

  const MISTAKES: readonly (readonly [string, Record<string, Tensor>, string])[] = [
    ['missing', { x: FEEDS.x }, 'projection: input ids is missing, a int64 [1]'],
    ['unknown', { ...FEEDS, z: FEEDS.x }, 'projection has no input z'],
    [
      'of another shape',
      { ...FEEDS, x: float32([1, 2, 3], [3]) },
      'input x is float32 [3] of 3 values, must be float32 [1,3]',
    ],
    [
      'of another type',
      { ...FEEDS, ids: float32([1], [1]) },
      'input ids is float32 [1] of 1 values, must be int64 [1]',
    ],
    [
      'of too few values',
      { ...FEEDS, x: { ...FEEDS.x, data: new Float32Array(2) } },
      'float32 [1,3] of 2 values',
    ],
  ];

  it.each(MISTAKES)('%s are refused', async (_, feeds, message) => {
    await expect(session.run(feeds)).rejects.toThrow(message);
  });

  it('refused do not spoil the session', async () => {
    await expect(session.run({})).rejects.toThrow('missing');
    expect((await session.run(FEEDS)).y).toEqual(float32([321, 654], [1, 2]));
  });
});

it('gives an input that is also an output, under any name', async () => {
  const graph = new Graph('names');
  const x = graph.input('value:1', [2]);
  graph.output('value:1', x);
  graph.output('input:value:1', neg(x));
  const session = await openSession(graph, () => float32([], [0]), { threads: 1 });
  expect(await session.run({ 'value:1': float32([1, 2], [2]) })).toEqual({
    'value:1': float32([1, 2], [2]),
    'input:value:1': float32([-1, -2], [2]),
  });
  await session.release();
});

it('says that memory is short when an allocation fails', async () => {
  const graph = new Graph('huge');
  const row = graph.input('row', [1, 1 << 20]);
  // An outer product of 2^40 elements: 4 TiB.
  graph.output('y', reduceMean(matmul(transpose(row, [1, 0]), row), [0, 1]));
  const session = await openSession(graph, () => float32([], [0]), { threads: 1 });
  const feeds = { row: float32(new Float32Array(1 << 20), [1, 1 << 20]) };
  await expect(session.run(feeds)).rejects.toMatchObject({ name: 'LikenessError', code: 'memory' });
  await session.release();
});
