/** One picture from noise, or from another picture: any sampler over guided passes of the model. */

import { denoiserOf } from '../../diffusion/denoiser.ts';
import { seededNoise } from '../../diffusion/random.ts';
import { samplers } from '../../diffusion/samplers/index.ts';
import type { Hold, SamplingStart } from '../../diffusion/samplers/sampler.ts';
import type { LocalizedMask } from '../../localization/mask.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { openPass, type PassRequest } from './guided-pass.ts';
import type { StepBarrier } from './step-barrier.ts';

/** Random streams: of the first noise, and of the noise that some samplers add at a step. */
const FIRST_STREAM = 0;
const STEP_STREAM = 1;

export interface PictureRequest extends PassRequest {
  readonly seed: number;
  /** Default: noise alone. */
  readonly start?: SamplingStart | undefined;
  /** Default: nothing is held. Gets the picture's first noise, [C, h, w]. */
  readonly hold?: ((noise: Float32Array) => Hold) | undefined;
  /** Unit Gaussian noise [C, h, w] of a stream. Default: the seed's. */
  readonly noise?: ((stream: number) => Float32Array) | undefined;
  /** The pictures that are made beside it wait there too. Default: it is made alone. */
  readonly barrier?: StepBarrier | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PictureStep {
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  /** Estimate of the finished latents, [C, h, w]. */
  readonly denoised: Float32Array;
  /** The sample after the step, as the sampler holds it. */
  readonly latents: Float32Array;
}

export interface SampledLatents {
  /** [C, h, w] in the diffusion model's scale. */
  readonly latents: Float32Array;
  /** One a concept, of the last step; undefined without concepts. */
  readonly masks: readonly LocalizedMask[] | undefined;
}

/** @throws LikenessError `cancelled` between two steps, `concept-format` where a concept's weights drown the model */
export async function* samplePicture(
  pipeline: Pipeline,
  request: PictureRequest,
): AsyncGenerator<PictureStep, SampledLatents> {
  const { settings, height, width, seed, start, hold, signal } = request;
  const { facts, noiseProcess } = pipeline;
  const pass = await openPass(pipeline, request, request.barrier);
  const length = facts.latentChannels * height * width;
  const noise = request.noise ?? ((stream: number) => seededNoise(length, seed, stream));
  const latents = noise(FIRST_STREAM);
  const steps = samplers[settings.sampler].sample({
    process: noiseProcess,
    steps: settings.steps,
    spacing: settings.spacing,
    latents,
    noise: (step) => noise(STEP_STREAM + step),
    start,
    hold: hold?.(latents),
    signal,
    denoise: denoiserOf(noiseProcess, (sample, time) => pass.output(sample, time)),
  });
  let next = await steps.next();
  for (; !next.done; next = await steps.next()) {
    const { index, steps: count, denoised, latents: sample } = next.value;
    yield { step: index + 1, steps: count, denoised, latents: sample };
  }
  return { latents: next.value, masks: pass.masks() };
}
