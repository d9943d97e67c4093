/** The two small networks of `models/evaluators` as graphs; their README says how they were trained. */

import type { Graph } from '../../companion/graph/graph.ts';
import {
  add,
  concat,
  conv2d,
  linear,
  reduceMax,
  reduceMean,
  relu,
  sigmoid,
  upsampleNearest2x,
} from '../../companion/graph/ops/index.ts';
import type { Value } from '../../companion/graph/value.ts';

/** [outputs, stride] of each 3x3 convolution of the attribute classifier. */
export type ClassifierLayers = readonly (readonly [outputs: number, stride: 1 | 2])[];

/** Channels after each halving of the segmenter. */
export type SegmenterWidths = readonly [down1: number, down2: number, down3: number];

/** picture [1, 3, S, S] in [-1, 1] -> embedding [1, 2C]: mean and maximum of the last layer over the picture. */
export function buildEmbedding(graph: Graph, layers: ClassifierLayers, picture: Value): Value {
  let h = picture;
  for (const [index, [outputs, stride]] of layers.entries()) {
    h = relu(convolution(graph, `layers.${index}`, h, outputs, stride));
  }
  return concat([reduceMean(h, [2, 3]), reduceMax(h, [2, 3])], 1);
}

/** embedding [1, 2C] -> logits of all attributes, one list after the other. */
export function buildAttributes(graph: Graph, embedding: Value, count: number): Value {
  const weight = graph.parameter('head.weight', [count, embedding.shape[1]!]);
  return linear(embedding, weight, graph.parameter('head.bias', [count]));
}

/** picture [1, 3, S, S] in [-1, 1] -> [1, 1, S, S], 0..1: how sure each pixel is of belonging to the product. */
export function buildSegmenter(graph: Graph, [c1, c2, c3]: SegmenterWidths, picture: Value): Value {
  const down1 = relu(convolution(graph, 'down1', picture, c1, 2)); // S/2
  const down2 = relu(convolution(graph, 'down2', down1, c2, 2)); // S/4
  const down3 = relu(convolution(graph, 'down3', down2, c3, 2)); // S/8
  const middle = relu(convolution(graph, 'middle', down3, c3, 1));
  const up2 = add(relu(convolution(graph, 'up2', upsampleNearest2x(middle), c2, 1)), down2);
  const up1 = add(relu(convolution(graph, 'up1', upsampleNearest2x(up2), c1, 1)), down1);
  return sigmoid(convolution(graph, 'out', upsampleNearest2x(up1), 1, 1));
}

function convolution(graph: Graph, name: string, x: Value, outputs: number, stride: 1 | 2): Value {
  const weight = graph.parameter(`${name}.weight`, [outputs, x.shape[1]!, 3, 3]);
  return conv2d(x, weight, graph.parameter(`${name}.bias`, [outputs]), { stride, padding: 1 });
}
