/** The bare UNet on golden inputs, and what its modules gave out on the way. */

import { Graph, graphSpec } from '../../companion/graph/graph.ts';
import type { Value } from '../../companion/graph/value.ts';
import { Scope } from '../../companion/models/layers/scope.ts';
import { buildUnet } from '../../companion/models/layers/unet.ts';
import type { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { float32, type Tensor } from '../../companion/tensor/tensor.ts';
import { configOf } from '../pipeline/stable-diffusion.ts';
import type { GoldenTensor, GoldenTensors } from './golden-tensors.ts';

export interface UnetFeeds {
  /** [B, C, h, w] */
  readonly sample: GoldenTensor;
  /** One a sample, fractions allowed. */
  readonly timesteps: Float32Array;
  /** [B, L, D] */
  readonly states: GoldenTensor;
}

/** The prediction, [B, C, h, w], flat. */
export async function predict(pipeline: Pipeline, feeds: UnetFeeds): Promise<Float32Array> {
  const spec = graphSpec('golden unet', unetShape(pipeline, feeds), (shape) => {
    const { graph, prediction } = unetGraph(shape, () => {});
    graph.output('prediction', prediction);
    return graph;
  });
  const session = await pipeline.session(spec);
  const { prediction } = await session.run(runtimeFeeds(feeds));
  return prediction!.data as Float32Array;
}

/** The outputs of those of `wanted` modules that the model taps, by path; in a session of its own. */
export async function observe(
  pipeline: Pipeline,
  feeds: UnetFeeds,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, Tensor>> {
  const spec = graphSpec('golden taps', { ...unetShape(pipeline, feeds), wanted }, (shape) => {
    const tapped = new Map<string, Value>();
    const { graph } = unetGraph(shape, (path, value) => tapped.set(path, value));
    for (const [path, value] of tapped) if (shape.wanted.includes(path)) graph.output(path, value);
    return graph;
  });
  const session = await pipeline.session(spec);
  const outputs = await session.run(runtimeFeeds(feeds));
  await pipeline.release(spec);
  return new Map(Object.entries(outputs));
}

function unetShape(pipeline: Pipeline, { sample, states }: UnetFeeds) {
  return { unet: configOf(pipeline).unet, sample: sample.shape, states: states.shape };
}

function unetGraph(
  { unet, sample, states }: ReturnType<typeof unetShape>,
  tap: (path: string, v: Value) => void,
) {
  const graph = new Graph('golden unet');
  const prediction = buildUnet(new Scope(graph, 'unet', '', tap), unet, {
    sample: graph.input('sample', sample),
    timestep: graph.input('timestep', [sample[0]!]),
    encoderHiddenStates: graph.input('states', states),
  });
  return { graph, prediction };
}

function runtimeFeeds({ sample, timesteps, states }: UnetFeeds) {
  return { sample, timestep: float32(timesteps, [timesteps.length]), states };
}

/** The batch of `unet.safetensors`, which several other files answer to. */
export function unetFeeds(file: GoldenTensors): UnetFeeds {
  return { sample: file.get('sample'), timesteps: file.get('timesteps').data, states: file.get('context') };
}
