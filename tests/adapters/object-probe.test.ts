import { describe, expect, it } from 'vitest';
import {
  initialProbe,
  ObjectLogits,
  type ObjectProbe,
  probedFeatures,
  probeFeeds,
  probeLearningRate,
} from '../../companion/adapters/object-probe.ts';
import { Graph } from '../../companion/graph/graph.ts';
import type { SiteValues } from '../../companion/models/layers/spatial-transformer.ts';
import { openSession } from '../../companion/runtime/session.ts';
import { float32 } from '../../companion/tensor/tensor.ts';

const SITES = [
  { path: 'down_blocks.0.attentions.0', channels: 6, side: 4 },
  { path: 'mid_block.attentions.0', channels: 10, side: 2 },
  { path: 'up_blocks.0.attentions.0', channels: 8, side: 4 },
];
const BATCH = 2;

const wave = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, index) => 3 * Math.sin(index * 1.7 + seed) + Math.cos(index * seed));

const features = new Map(
  SITES.map(({ path, channels, side }, index) => [
    path,
    float32(wave(BATCH * side * side * channels, index + 1), [BATCH, side * side, channels]),
  ]),
);

const probe: ObjectProbe = {
  weights: new Map(SITES.map(({ path, channels }, index) => [path, wave(channels, index + 7)])),
  bias: Float32Array.of(-0.4),
};

async function logitsOf(side: number): Promise<Float32Array> {
  const graph = new Graph('probe');
  const said = new ObjectLogits(graph, 0);
  for (const place of SITES) {
    const input = graph.input(place.path, [BATCH, place.side ** 2, place.channels]);
    const site: SiteValues = {
      projection: { weight: '', bias: '' },
      ...place,
      height: place.side,
      width: place.side,
      input,
      output: input,
      attention: undefined,
    };
    said.observe(site, probedFeatures(site));
  }
  graph.output('logits', said.total(side));
  const noWeights = () => {
    throw new Error('a probe has no weights of the checkpoint');
  };
  const session = await openSession(graph, noWeights, { device: 'cpu', threads: 1 });
  const { logits } = await session.run({ ...Object.fromEntries(features), ...probeFeeds(0, probe) });
  await session.release();
  expect(logits!.shape).toEqual([BATCH, 1, side, side]);
  return logits!.data as Float32Array;
}

/** The formula at one cell of the finest grid, in float64. */
function expected(sample: number, row: number, column: number, side: number): number {
  return SITES.reduce((sum, { path, channels, side: cells }) => {
    const at = (place: number) => Math.floor((place * cells) / side);
    const cell = (sample * cells + at(row)) * cells + at(column);
    const x = [
      ...(features.get(path)!.data as Float32Array).subarray(cell * channels, (cell + 1) * channels),
    ];
    const mean = x.reduce((total, value) => total + value, 0) / channels;
    const variance = x.reduce((total, value) => total + (value - mean) ** 2, 0) / channels;
    const normed = x.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
    return sum + normed.reduce((total, value, index) => total + value * probe.weights.get(path)![index]!, 0);
  }, probe.bias[0]!);
}

describe('the probe of the object', () => {
  it.each([4, 8])('sums what the blocks say at %i cells a side', async (side) => {
    const logits = await logitsOf(side);
    for (let sample = 0; sample < BATCH; sample++) {
      for (let row = 0; row < side; row++) {
        for (let column = 0; column < side; column++) {
          const got = logits[(sample * side + row) * side + column]!;
          expect(got).toBeCloseTo(expected(sample, row, column, side), 4);
        }
      }
    }
  });

  it('starts undecided, and learns slower the more channels it sums', () => {
    const [narrow, wide] = [64, 640].map((inputs) =>
      initialProbe([{ path: 'mid_block.attentions.0', inputs }]),
    );
    expect([...narrow!.weights.values()].flatMap((values) => [...values]).every((value) => value === 0)).toBe(
      true,
    );
    expect(probeLearningRate(narrow!) / probeLearningRate(wide!)).toBeCloseTo(10, 9);
  });
});
