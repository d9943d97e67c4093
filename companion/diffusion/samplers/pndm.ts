/**
 * PNDM without Runge-Kutta steps, known as PLMS: Liu et al. 2022 (arXiv 2202.09778), section 3.3.
 *
 * A linear multistep estimate of the model's output goes through the transfer φ(x_t, e', t, t') of equation 11, which is
 * DDIM's step. As in diffusers it is the outputs that are combined, whatever the model predicts, and the combination is told
 * as noise at the step's own level: a velocity means another noise at every level. The first step is taken twice, as Heun's
 * method takes it: the model is evaluated once more than there are steps. A run that starts midway goes through the same two
 * moves at whatever it begins with, as in diffusers: from its third step on it begins at one evaluation less.
 */

import { linearCombination, type NoiseLevel, type NoiseProcess } from '../noise-process.ts';
import { ddim, heldLevel, levelAfter } from './ddim.ts';
import { type Sampler, type SamplingPlan, throwIfCancelled } from './sampler.ts';
import { firstSample, planFrom } from './start.ts';

/** Adams-Bashforth coefficients for 1 to 4 estimates, the newest first (arXiv 2202.09778, equation 12). */
const ADAMS_BASHFORTH = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
] as const;

export const pndm: Sampler = {
  plan(process, steps, choice = {}): SamplingPlan {
    const plan = ddim.plan(process, steps, choice);
    const { timesteps } = plan;
    return { ...plan, timesteps: timesteps.toSpliced(1, 0, ...timesteps.slice(1, 2)) };
  },

  async *sample(options) {
    const { process, denoise, hold, signal } = options;
    const { endsOnOne = false } = process.sampling;
    const plan = planFrom(pndm, options);
    const { timesteps, stride } = plan;
    const start = firstSample(options, process.level(timesteps[0]!));
    let x = start;
    let outputs: readonly Float32Array[] = []; // the newest first
    for (const [index, timestep] of timesteps.entries()) {
      throwIfCancelled(signal);
      const level = process.level(timestep);
      const { denoised, noise } = await denoise(x, { t: timestep, level }, index);
      const output = process.target(denoised, noise, level);

      if (index === 1) {
        // Back to the start, with the mean of the outputs at both ends of the first step.
        const mean = linearCombination(1 / 2, output, 1 / 2, outputs[0]!);
        const from = stride === undefined ? timesteps[0]! : timestep + stride;
        x = transfer(process, start, mean, process.level(from), level);
      } else {
        outputs = [output, ...outputs].slice(0, ADAMS_BASHFORTH.length);
        const next = levelAfter(process, plan, index, endsOnOne);
        x = transfer(process, x, multistep(outputs), level, next);
      }
      if (hold) x = hold(x, heldLevel(process, timesteps, index), index);
      yield { index, steps: timesteps.length, timestep, latents: x, denoised };
    }
    return x;
  },
};

/** One rounding for the whole sum. */
function multistep(outputs: readonly Float32Array[]): Float32Array {
  const coefficients = ADAMS_BASHFORTH[outputs.length - 1]!;
  return outputs[0]!.map((_, cell) =>
    coefficients.reduce((sum, coefficient, age) => sum + coefficient * outputs[age]![cell]!, 0),
  );
}

/** φ: the sample at `next`, by the picture and the noise that the output means at `level`. */
function transfer(
  process: NoiseProcess,
  x: Float32Array,
  output: Float32Array,
  level: NoiseLevel,
  next: NoiseLevel,
): Float32Array {
  const { denoised, noise } = process.split(output, x, level);
  return linearCombination(next.signal, denoised, next.noise, noise);
}
