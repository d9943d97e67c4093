/**
 * The block that Stable Diffusion 1.5 spends most of its time in: ResBlock and SpatialTransformer of 320 channels at
 * 32 x 32, with a residual on proj_out. bench/torch-block.py is the same block in PyTorch.
 */

import { attachEverywhere } from '../companion/adapters/low-rank.ts';
import { gradient } from '../companion/graph/gradient.ts';
import { Graph } from '../companion/graph/graph.ts';
import { silu } from '../companion/graph/ops/index.ts';
import type { Value } from '../companion/graph/value.ts';
import { resnetBlock } from '../companion/models/layers/resnet.ts';
import { Scope } from '../companion/models/layers/scope.ts';
import { spatialTransformer } from '../companion/models/layers/spatial-transformer.ts';
import { elementCount, float32, type Tensor } from '../companion/tensor/tensor.ts';
import { uniformNoise } from './random-weights.ts';

const CHANNELS = 320;
const CELLS = 32;
const EMBEDDING = 1280;
const CONTEXT = 768;
const TOKENS = 77;
const HEADS = 8;
const GROUPS = 32;
const RANK = 16;

/**
 * With `trained`, also the gradients by the factors, and by the input: in the UNet an adapted block lies before most
 * blocks. The upstream gradient is an input.
 */
export function buildBlock(batch: number, { trained }: { readonly trained: boolean }): Graph {
  const graph = new Graph('block');
  const scope = new Scope(graph, 'unet');
  const x = graph.input('x', [batch, CHANNELS, CELLS, CELLS]);
  const embedding = graph.input('embedding', [batch, EMBEDDING]);
  const context = graph.input('context', [batch, TOKENS, CONTEXT]);
  const learned: Value[] = [x];
  const h = resnetBlock(scope.at('resnet'), x, {
    channels: CHANNELS,
    groups: GROUPS,
    epsilon: 1e-5,
    activatedEmbedding: silu(embedding),
  });
  const y = spatialTransformer(scope.at('attention'), h, context, {
    heads: HEADS,
    groups: GROUPS,
    layers: 1,
    textAlone: false,
    projections: 'conv1x1',
    adapter: attachEverywhere(
      graph,
      () => RANK,
      (_, { down, up }) => learned.push(down, up),
    ),
  });
  graph.output('y', y);
  if (trained) {
    const seed = graph.input('upstream', y.shape);
    const gradients = gradient([{ output: y, seed }], learned);
    for (const [index, value] of gradients.entries()) graph.output(`gradient:${index}`, value);
  }
  return graph;
}

/** Weights that keep the variance of what passes through. */
export function blockWeights(graph: Graph): (name: string) => Tensor {
  return (name) => {
    const { shape } = graph.parameters.get(name)!;
    const isScale = shape.length === 1 && name.endsWith('.weight');
    const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
    const amplitude = shape.length === 1 ? 0.01 : Math.sqrt(3 / fanIn);
    const noise = uniformNoise(elementCount(shape));
    return float32(
      noise.map((value) => (isScale ? 1 : amplitude * value)),
      shape,
    );
  };
}
