/**
 * speedTest: how fast a device runs what pictures are made of, by two small graphs of a UNet's block, one wide and one narrow.
 * The wide one's time is its products; the narrow one's is what each operator costs before it computes anything.
 */

import { availableParallelism } from 'node:os';
import { Graph } from '../graph/graph.ts';
import {
  add,
  attention,
  conv2d,
  gelu,
  groupNorm,
  linear,
  reshape,
  silu,
  transpose,
} from '../graph/ops/index.ts';
import { halfTensor, type Precision } from '../graph/precision.ts';
import type { Value } from '../graph/value.ts';
import { type GraphWork, workOf } from '../graph/work.ts';
import { elementCount, float32, type Shape, type Tensor } from '../tensor/tensor.ts';
import type { Device } from './device.ts';
import { openSession } from './session.ts';

export interface DeviceSpeed {
  readonly productsPerSecond: number;
  readonly secondsPerNode: number;
}

interface BlockShape {
  readonly channels: number;
  /** Cells along an edge. */
  readonly edge: number;
  /** Runs that are timed together, so that clocks are fine enough. */
  readonly together: number;
}

/** The finest level of a model that people use at 256 px, and one of the smallest models. */
const WIDE: BlockShape = { channels: 320, edge: 32, together: 1 };
const NARROW: BlockShape = { channels: 32, edge: 8, together: 40 };

/** Both halves of guidance. */
const BATCH = 2;
const GROUPS = 8;
const HEADS = 8;

/** Other work on the computer only ever makes a run longer: the shortest counts. */
const RUNS = 5;

export async function speedTest(device: Device, precision: Precision): Promise<DeviceSpeed> {
  const wide = await timed(WIDE, device, precision);
  const narrow = await timed(NARROW, device, precision);
  const secondsPerNode = narrow.seconds / narrow.work.nodes;
  const ofProducts = Math.max(wide.seconds - wide.work.nodes * secondsPerNode, wide.seconds / 2);
  return { productsPerSecond: wide.work.products / ofProducts, secondsPerNode };
}

async function timed(
  shape: BlockShape,
  device: Device,
  precision: Precision,
): Promise<{ readonly seconds: number; readonly work: GraphWork }> {
  const graph = blockGraph(shape, precision);
  const weights = (name: string) => {
    const values = noise(graph.parameters.get(name)!.shape);
    return precision === 'float16' ? halfTensor(values) : values;
  };
  const session = await openSession(graph, weights, { device });
  const feeds = { image: noise(graph.inputs.get('image')!.shape) };
  // The first run makes room, and on a card compiles.
  await session.run(feeds);
  let seconds = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const [start, used] = [performance.now(), process.cpuUsage()];
    for (let turn = 0; turn < shape.together; turn++) await session.run(feeds);
    const elapsed = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(used);
    // All threads compute all the time: beside other work a run takes longer by the clock, and the processor as long.
    const alone = device === 'cpu' ? (user + system) / 1e6 / availableParallelism() : elapsed;
    seconds = Math.min(seconds, Math.min(elapsed, alone) / shape.together);
  }
  await session.release();
  return { seconds, work: workOf(graph) };
}

/** Residual block, self-attention and feed-forward. */
function blockGraph({ channels, edge }: BlockShape, precision: Precision): Graph {
  const graph = new Graph('speed test', precision);
  const cells = edge * edge;
  const vector = (name: string) => graph.parameter(name, [channels]);
  const kernel = (name: string) => graph.parameter(name, [channels, channels, 3, 3]);
  const matrix = (name: string, inputs = channels, outputs = channels) =>
    graph.parameter(name, [outputs, inputs]);
  const image = graph.input('image', [BATCH, channels, edge, edge]);
  const convolved = (x: Value, name: string) => {
    const normed = silu(groupNorm(x, vector(`${name}.scale`), vector(`${name}.bias`), GROUPS, 1e-5));
    return conv2d(normed, kernel(`${name}.weight`), vector(`${name}.offset`), { padding: 1 });
  };
  const residual = add(image, convolved(convolved(image, 'one'), 'two'));
  const tokens = transpose(reshape(residual, [BATCH, channels, cells]), [0, 2, 1]);
  const heads = (x: Value) => transpose(reshape(x, [BATCH, cells, HEADS, -1]), [0, 2, 1, 3]);
  const [query, key, value] = ['query', 'key', 'value'].map((name) => heads(linear(tokens, matrix(name))));
  const { output } = attention(query!, key!, value!, 1 / Math.sqrt(channels / HEADS));
  const joined = reshape(transpose(output, [0, 2, 1, 3]), [BATCH, cells, channels]);
  const attended = add(tokens, linear(joined, matrix('out')));
  const hidden = gelu(linear(attended, matrix('first', channels, 4 * channels)));
  graph.output('y', add(attended, linear(hidden, matrix('second', 4 * channels, channels))));
  return graph;
}

function noise(shape: Shape): Tensor<'float32'> {
  return float32(
    Float32Array.from({ length: elementCount(shape) }, (_, i) => 0.05 * Math.sin(1 + i * 1.7 + i * i * 0.01)),
    shape,
  );
}
