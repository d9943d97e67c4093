/** The checkpoint's noise schedule, noisy latents and velocities. */

import { addNoise } from '../../../companion/diffusion/noise-process.ts';
import { noiseProcessOf } from '../../../companion/diffusion/scheduler-config.ts';
import type { Check } from '../check.ts';
import { compare, type Tolerance } from '../comparison.ts';
import { row } from '../golden-tensors.ts';

/** Tables of two builds of PyTorch differ by a rounding; so do sums of values of a few units. */
const ROUNDING: Tolerance = { limit: 1e-6, unit: 'absolute' };
const TABLE: Tolerance = { limit: 1e-6, unit: 'of largest entry' };
/** Where pure noise is at the end, the last variances are quotients of differences that roundings are a part of. */
const RESCALED_TABLE: Tolerance = { ...TABLE, limit: 2e-5 };

export const noiseSchedule: Check = {
  subject: 'noise schedule',
  async *run(golden) {
    const process = golden.pipeline.noiseProcess;
    const file = await golden.tensors('train_targets.safetensors');
    const table = process.alphasCumprod.at(-1) === 0 ? RESCALED_TABLE : TABLE;
    yield compare('betas', process.betas, file.get('betas').data, table);
    yield compare('alphas_cumprod', process.alphasCumprod, file.get('alphas_cumprod').data, TABLE);

    const timesteps = [...file.get('t').data];
    const all = (of: (x0: Float32Array, noise: Float32Array, t: number) => Float32Array) =>
      timesteps.flatMap((t, index) => [...of(row(file.get('x0'), index), row(file.get('noise'), index), t)]);
    const noisy = all((x0, noise, t) => addNoise(x0, noise, process.level(t)));
    yield compare('noisy latents', noisy, file.get('noisy').data, ROUNDING);
    const config = golden.pipeline.checkpoint.schedulerConfig as object;
    const velocity = noiseProcessOf({ ...config, prediction_type: 'v_prediction' });
    const velocities = all((x0, noise, t) => velocity.target(x0, noise, velocity.level(t)));
    yield compare('velocity', velocities, file.get('velocity').data, ROUNDING);
  },
};
