/** The bare UNet on golden inputs, and what its modules gave out on the way. */

import { Graph } from '../../companion/graph/graph.ts';
import type { Value } from '../../companion/graph/value.ts';
import { Scope } from '../../companion/models/layers/scope.ts';
import { buildUnet } from '../../companion/models/layers/unet.ts';
import type { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { float32, type Tensor } from '../../companion/tensor/tensor.ts';
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
  const session = await pipeline.session(`golden:unet:${feeds.sample.shape}`, () => {
    const { graph, prediction } = unetGraph(pipeline, feeds, () => {});
    graph.output('prediction', prediction);
    return graph;
  });
  const { prediction } = await session.run(runtimeFeeds(feeds));
  return prediction!.data as Float32Array;
}

/** The outputs of those of `wanted` modules that the model taps, by path; in a session of its own. */
export async function observe(
  pipeline: Pipeline,
  feeds: UnetFeeds,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, Tensor>> {
  const key = `golden:taps:${wanted.join()}`;
  const session = await pipeline.session(key, () => {
    const tapped = new Map<string, Value>();
    const { graph } = unetGraph(pipeline, feeds, (path, value) => tapped.set(path, value));
    for (const [path, value] of tapped) if (wanted.includes(path)) graph.output(path, value);
    return graph;
  });
  const outputs = await session.run(runtimeFeeds(feeds));
  await pipeline.release(key);
  return new Map(Object.entries(outputs));
}

function unetGraph(pipeline: Pipeline, { sample, states }: UnetFeeds, tap: (path: string, v: Value) => void) {
  const graph = new Graph('golden unet');
  const prediction = buildUnet(new Scope(graph, 'unet', '', tap), pipeline.unet, {
    sample: graph.input('sample', sample.shape),
    timestep: graph.input('timestep', [sample.shape[0]!]),
    encoderHiddenStates: graph.input('states', states.shape),
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
