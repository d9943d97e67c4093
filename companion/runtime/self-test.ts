/**
 * selfTest: a small graph with the operators that matter, forward and backward, whose results on a device are compared
 * with the CPU's. Drivers were seen to give wrong numbers without an error, so each device is tested before it is used.
 */

import { gradient } from '../graph/gradient.ts';
import { Graph } from '../graph/graph.ts';
import {
  add,
  attention,
  conv2d,
  gelu,
  groupNorm,
  layerNorm,
  linear,
  mul,
  reduceMean,
  reshape,
  silu,
  transpose,
  upsampleNearest2x,
} from '../graph/ops/index.ts';
import { halfTensor, type Precision } from '../graph/precision.ts';
import type { Value } from '../graph/value.ts';
import { elementCount, float32, type Shape, type Tensor } from '../tensor/tensor.ts';
import type { Device } from './device.ts';
import { openSession } from './session.ts';

/**
 * Share of an output's largest element that it may differ by from the CPU's in float32. TF32 products stay below, and a graph of
 * half precision stays below its own; a wrong kernel does not.
 */
const TOLERANCE: Readonly<Record<Precision, number>> = { float32: 0.02, float16: 0.04 };

const CHANNELS = 8;
const HEADS = 2;
/** Cells along an edge: of the input, and after a convolution of stride 2. */
const EDGE = 8;
const HALF = EDGE / 2;

/** A UNet in miniature: residual block, self-attention with a low-rank residual, up again; loss and gradients. */
function selfTestGraph(precision: Precision): Graph {
  const graph = new Graph('self-test', precision);
  const vector = (name: string) => graph.parameter(name, [CHANNELS]);
  const kernel = (name: string) => graph.parameter(name, [CHANNELS, CHANNELS, 3, 3]);
  const matrix = (name: string) => graph.parameter(name, [CHANNELS, CHANNELS]);
  const down = graph.input('down', [2, CHANNELS]);
  const up = graph.input('up', [CHANNELS, 2]);
  const image = graph.input('image', [2, CHANNELS, EDGE, EDGE]);

  const normed = silu(groupNorm(image, vector('norm.scale'), vector('norm.bias'), 4, 1e-5));
  const small = conv2d(normed, kernel('conv.weight'), vector('conv.bias'), { stride: 2, padding: 1 });
  const tokens = transpose(reshape(small, [2, CHANNELS, HALF * HALF]), [0, 2, 1]); // [2, N, C]
  const adapted = add(tokens, linear(linear(tokens, down), up));
  const heads = (x: Value) => transpose(reshape(x, [2, HALF * HALF, HEADS, -1]), [0, 2, 1, 3]);
  const { output } = attention(
    heads(linear(layerNorm(adapted, vector('norm.scale'), vector('norm.bias'), 1e-5), matrix('query'))),
    heads(linear(adapted, matrix('key'))),
    heads(linear(gelu(adapted), matrix('value'))),
    0.5,
  );
  const joined = reshape(transpose(output, [0, 1, 3, 2]), [2, CHANNELS, HALF, HALF]);
  const large = upsampleNearest2x(add(joined, small));
  const y = conv2d(large, kernel('conv.weight'), undefined, { padding: 1 });

  graph.output('y', y);
  const loss = reduceMean(mul(y, y), [0, 1, 2, 3]);
  for (const [index, value] of gradient(loss, [image, down, up]).entries()) {
    graph.output(`gradient ${index}`, value);
  }
  return graph;
}

/** Undefined when the device agrees with the CPU; else what differs, in one line. Throws what the device throws. */
export async function selfTest(
  device: Device,
  precision: Precision = 'float32',
): Promise<string | undefined> {
  const reference = selfTestGraph('float32');
  const feeds = Object.fromEntries(Array.from(reference.inputs, ([name, { shape }]) => [name, waves(shape)]));
  const run = async (graph: Graph, on: Device): Promise<Record<string, Tensor>> => {
    const weights = (name: string) => {
      const values = waves(graph.parameters.get(name)!.shape);
      return graph.precision === 'float16' ? halfTensor(values) : values;
    };
    const session = await openSession(graph, weights, { device: on, threads: 1 });
    const results = await session.run(feeds);
    await session.release();
    return results;
  };
  const expected = await run(reference, 'cpu');
  const got = await run(selfTestGraph(precision), device);
  for (const [name, tensor] of Object.entries(expected)) {
    const worst = difference(got[name]!, tensor);
    if (!(worst < TOLERANCE[precision])) {
      return `its result for "${name}" differs from the CPU's by ${(100 * worst).toFixed(1)} %`;
    }
  }
  return undefined;
}

/** Numbers in -1 to 1 without a pattern that a transposition would leave as it is. */
function waves(shape: Shape): Tensor<'float32'> {
  const numbers = Float32Array.from({ length: elementCount(shape) }, (_, i) =>
    Math.sin(1 + i * 1.7 + i * i * 0.01),
  );
  return float32(numbers, shape);
}

/** NaN when anything is, so that the caller's comparison fails. */
function difference(got: Tensor, expected: Tensor): number {
  let largest = 0;
  let worst = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const error = Math.abs(Number(got.data[i]) - Number(expected.data[i]));
    if (Number.isNaN(error)) return error;
    worst = Math.max(worst, error);
    largest = Math.max(largest, Math.abs(Number(expected.data[i])));
  }
  return worst / largest;
}
