/** The training graph on a golden batch: loss and gradients of factors that are scaled in the forward pass. */

import { type Factors, ranksOf } from '../../companion/adapters/factors.ts';
import { factorFeeds, factorNames } from '../../companion/adapters/low-rank.ts';
import { float32 } from '../../companion/tensor/tensor.ts';
import { trainingGraph, trainingNames } from '../../companion/training/training-graph.ts';
import type { GoldenDirectory } from './golden-directory.ts';
import type { GoldenTensors } from './golden-tensors.ts';
import { goldenConditioning } from './unet-run.ts';

/** Where loss scaling begins. */
const LOSS_SCALE = 2 ** 16;

export interface LossAndGradients {
  readonly loss: number;
  /** By the factor's input name (factorNames), of the unscaled factors. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** `batch` is grads.safetensors: noisy latents, timesteps, text states and the target. */
export async function lossAndGradients(
  { pipeline }: GoldenDirectory,
  batch: GoldenTensors,
  factors: Factors,
): Promise<LossAndGradients> {
  const sample = batch.get('x_t');
  const [count, , height, width] = sample.shape as [number, number, number, number];
  const session = await pipeline.session(
    trainingGraph({
      ...pipeline.model,
      batch: count,
      height,
      width,
      ranks: ranksOf(factors),
    }),
  );
  const isHalf = pipeline.model.precision === 'float16';
  const weight = new Float32Array(count * height * width).fill(1);
  const outputs = await session.run({
    ...factorFeeds(0, factors),
    [trainingNames.sample]: sample,
    [trainingNames.timestep]: float32(batch.get('t').data, [count]),
    [trainingNames.target]: batch.get('target'),
    [trainingNames.lossWeight]: float32(weight, [count, 1, height, width]),
    ...(isHalf && { [trainingNames.lossScale]: float32([LOSS_SCALE], []) }),
    ...goldenConditioning(pipeline, batch),
  });
  const gradients = new Map<string, Float32Array>();
  for (const [path, { scale }] of factors) {
    const names = factorNames(0, path);
    const divisor = isHalf ? LOSS_SCALE : 1;
    const of = (name: string) =>
      (outputs[trainingNames.gradient(name)]!.data as Float32Array).map((value) => value / divisor);
    gradients.set(names.down, of(names.down));
    // The graph sees scale * up.
    gradients.set(
      names.up,
      of(names.up).map((value) => scale * value),
    );
  }
  return { loss: outputs[trainingNames.loss]!.data[0] as number, gradients };
}
