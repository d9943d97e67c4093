/** The bare denoiser on golden inputs, and what its modules gave out on the way. */

import { Graph, graphSpec } from '../../companion/graph/graph.ts';
import type { Value } from '../../companion/graph/value.ts';
import { familyOf, type ModelConfig } from '../../companion/models/families/registry.ts';
import { CONTEXT } from '../../companion/models/family.ts';
import { conditioningInputs, scopesOf } from '../../companion/models/model-graphs.ts';
import type { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { float32, type Shape, type Tensor } from '../../companion/tensor/tensor.ts';
import type { GoldenTensor, GoldenTensors } from './golden-tensors.ts';

export interface UnetFeeds {
  /** [B, C, h, w] */
  readonly sample: GoldenTensor;
  /** One a sample, fractions allowed. */
  readonly timesteps: Float32Array;
  /** By the names of the family's inputs, [B, ...]. */
  readonly conditioning: Readonly<Record<string, GoldenTensor>>;
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

interface UnetShape {
  readonly model: ModelConfig;
  readonly sample: Shape;
}

function unetShape({ model }: Pipeline, { sample }: UnetFeeds): UnetShape {
  return { model, sample: sample.shape };
}

function unetGraph({ model, sample }: UnetShape, hook: (path: string, v: Value) => void) {
  const graph = new Graph('golden unet', model.precision);
  const prediction = familyOf(model).buildDenoiser(scopesOf(graph), model.config, {
    sample: graph.input('sample', sample),
    timestep: graph.input('timestep', [sample[0]!]),
    conditioning: conditioningInputs(graph, model, sample[0]!),
    hook,
  });
  return { graph, prediction };
}

function runtimeFeeds({ sample, timesteps, conditioning }: UnetFeeds) {
  return { sample, timestep: float32(timesteps, [timesteps.length]), ...conditioning };
}

/** The batch of `unet.safetensors`, which several other files answer to. */
export function unetFeeds(pipeline: Pipeline, file: GoldenTensors): UnetFeeds {
  return {
    sample: file.get('sample'),
    timesteps: file.get('timesteps').data,
    conditioning: goldenConditioning(pipeline, file),
  };
}

/** The conditioning that a file has: the context under its own name, all else as the family calls it. */
export function goldenConditioning({ model }: Pipeline, file: GoldenTensors): UnetFeeds['conditioning'] {
  const inputs = familyOf(model).conditioning(model.config);
  return Object.fromEntries(inputs.map(({ name }) => [name, file.get(name === CONTEXT ? 'context' : name)]));
}
