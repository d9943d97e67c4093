import { expect, it } from 'vitest';
import type { Factors } from '../../companion/adapters/factors.ts';
import { attachEverywhere, factorFeeds } from '../../companion/adapters/low-rank.ts';
import { rankFractionAt, truncateRank } from '../../companion/adapters/rank-schedule.ts';
import { Graph } from '../../companion/graph/graph.ts';
import { openSession } from '../../companion/runtime/session.ts';
import { float32 } from '../../companion/tensor/tensor.ts';

const PATH = 'mid_block.attentions.0';
const RANK = 5;
const CHANNELS = 6;
const PIXELS = 3;

const wave = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, index) => Math.sin(index * 1.7 + seed) + Math.cos(index * seed));

const factors: Factors = new Map([
  [
    PATH,
    {
      down: wave(RANK * CHANNELS, 1),
      up: wave(CHANNELS * RANK, 2),
      rank: RANK,
      channels: CHANNELS,
      scale: 1,
    },
  ],
]);

it('is all of the rank without noise, and the least at the most', () => {
  expect(rankFractionAt(0.5, 0, 1000)).toBe(1);
  expect(rankFractionAt(0.5, 500, 1000)).toBe(0.75);
  expect(rankFractionAt(0.5, 1000, 1000)).toBe(0.5);
  expect(rankFractionAt(1, 700, 1000)).toBe(1);
});

it.each([
  [1, 5],
  [0.75, 4],
  [0.5, 2],
  [0.1, 0],
  [0, 0],
])('of a share of %f of rank 5, %i components act', (share, count) => {
  const { down } = truncateRank(factors, share).get(PATH)!;
  const rows = Array.from({ length: RANK }, (_, row) => down.subarray(row * CHANNELS, (row + 1) * CHANNELS));
  expect(rows.map((row) => row.some((weight) => weight !== 0))).toEqual(rows.map((_, row) => row < count));
});

it('acts in teaching, where each sample has its own, as the factors do in sampling', async () => {
  const shares = [0.3, 0.9];
  const x = wave(shares.length * PIXELS * CHANNELS, 3);
  const taught = await outputOf(shares, x, factors);
  for (const [sample, share] of shares.entries()) {
    const size = PIXELS * CHANNELS;
    const own = x.slice(sample * size, (sample + 1) * size);
    const sampled = await outputOf(undefined, own, truncateRank(factors, share));
    expect(taught.slice(sample * size, (sample + 1) * size)).toEqual(sampled);
  }
});

async function outputOf(shares: readonly number[] | undefined, x: Float32Array, fed: Factors) {
  const batch = x.length / PIXELS / CHANNELS;
  const graph = new Graph('residual');
  const input = graph.input('x', [batch, PIXELS, CHANNELS]);
  const share = shares && graph.input('share', [batch, 1, 1]);
  const adapter = attachEverywhere(
    graph,
    () => RANK,
    () => {},
    share,
  );
  const place = {
    path: PATH,
    channels: CHANNELS,
    height: 1,
    width: PIXELS,
    projection: { weight: '', bias: '' },
    attention: undefined,
  };
  graph.output('y', adapter.adapt({ ...place, input, output: input }));
  const noWeights = () => {
    throw new Error('a residual has no weights of the checkpoint');
  };
  const session = await openSession(graph, noWeights, { device: 'cpu', threads: 1 });
  const { y } = await session.run({
    x: float32(x, input.shape),
    ...(shares && { share: float32(shares, [batch, 1, 1]) }),
    ...factorFeeds(0, fed),
  });
  await session.release();
  return y!.data as Float32Array;
}
