/** Denoiser: a model as samplers see it, with classifier-free guidance. */

import { type Denoised, linearCombination, type NoiseLevel, type NoiseProcess } from './noise-process.ts';

/** Place of a sample on its process. */
interface NoisePoint {
  /** The time that the network is given; may be fractional. */
  readonly t: number;
  /** The exact level: Karras's sigmas lie between timesteps, and DPM++ gives the network the nearest one. */
  readonly level: NoiseLevel;
}

/**
 * Guided estimates for x = signal x_0 + noise ε, one batch of latents, flat. The sampler may keep what it gets: each call
 * gives arrays of its own. `step` counts from 0.
 */
export type Denoiser = (x: Float32Array, at: NoisePoint, step: number) => Promise<Denoised>;

/** One run of the model at `time`, with the outputs of a doubled batch where there is guidance. */
export type Network = (x: Float32Array, time: number, step: number) => Promise<Float32Array>;

/** @param guidanceScale undefined where the network gives one output a picture */
export function denoiserOf(process: NoiseProcess, network: Network, guidanceScale?: number): Denoiser {
  return async (x, { t, level }, step) => {
    const outputs = await network(x, process.networkTime(t), step);
    const output = guidanceScale === undefined ? outputs : guided(outputs, guidanceScale);
    return process.split(output, x, level);
  };
}

/**
 * One output for every picture from the outputs of a doubled batch: Ho and Salimans 2022 (arXiv 2207.12598), equation 6
 * with scale = 1 + w.
 *
 * @param outputs [2 B, C, H, W], flat: the unconditional half first, then the conditional one
 * @param scale 1 is the conditional prediction alone
 * @returns [B, C, H, W], flat
 */
export function guided(outputs: Float32Array, scale: number): Float32Array {
  if (outputs.length % 2 !== 0) throw new Error(`internal: ${outputs.length} values do not halve`);
  const middle = outputs.length / 2;
  return linearCombination(1 - scale, outputs.subarray(0, middle), scale, outputs.subarray(middle));
}
