/** Settings of solvers in a scheduler_config.json, held to where diffusers goes with them. */

import { describe, expect, it } from 'vitest';
import { denoiserOf } from '../../companion/diffusion/denoiser.ts';
import { type SamplerName, samplers } from '../../companion/diffusion/samplers/index.ts';
import type { SamplingStep } from '../../companion/diffusion/samplers/sampler.ts';
import { noiseProcessOf } from '../../companion/diffusion/scheduler-config.ts';
import { largestDifference } from './golden.ts';

const CONFIG = {
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  num_train_timesteps: 1000,
};

const CHANNELS = [1, -1, 0.5];

type Row = [
  sampler: SamplerName,
  settings: object,
  steps: number,
  firstTimesteps: number[],
  before: number[],
  last: number[],
];

/**
 * By diffusers 0.42.1's schedulers for an arbitrary network: the first two timesteps, and the last two samples. The noise of
 * step k is cos(k + 1) times the channels'.
 */
const ROWS: Row[] = [
  [
    'dpmpp2m',
    { lower_order_final: false, final_sigmas_type: 'sigma_min' },
    8,
    [999.0, 874.0],
    [3.1802, 26.5243, -12.0245],
    [2.04667, 16.6668, -7.55368],
  ],
  [
    'dpmpp2m',
    { euler_at_final: true, final_sigmas_type: 'sigma_min' },
    15,
    [999.0, 932.0],
    [3.38795, 27.7392, -12.5726],
    [3.02838, 24.8392, -11.2584],
  ],
  [
    'dpmpp2m',
    { solver_type: 'heun' },
    5,
    [999.0, 799.0],
    [3.09643, 26.3737, -11.9589],
    [2.69771, 23.3041, -10.5686],
  ],
  [
    'dpmpp2m',
    { solver_order: 1 },
    5,
    [999.0, 799.0],
    [2.94846, 25.6279, -11.6233],
    [2.56716, 22.6461, -10.2725],
  ],
  [
    'dpmpp2m',
    { solver_order: 3 },
    8,
    [999.0, 874.0],
    [3.01677, 25.2059, -11.427],
    [2.57209, 21.6308, -9.80694],
  ],
  [
    'dpmpp2m',
    { solver_order: 3 },
    16,
    [999.0, 937.0],
    [3.43384, 28.1381, -12.7536],
    [3.0241, 24.8243, -11.2518],
  ],
  [
    'dpmpp2m-sde',
    { solver_type: 'heun', algorithm_type: 'sde-dpmsolver++' },
    5,
    [999.0, 799.0],
    [5.41327, 36.1406, -16.3389],
    [4.74188, 31.9215, -14.4331],
  ],
  [
    'dpmpp2m-sde',
    { final_sigmas_type: 'sigma_min', algorithm_type: 'sde-dpmsolver++' },
    15,
    [999.0, 932.0],
    [3.93563, 43.9355, -19.9731],
    [2.80549, 27.247, -12.3713],
  ],
  [
    'unipc',
    { solver_order: 1 },
    5,
    [999.0, 799.0],
    [3.0614, 26.3218, -11.9366],
    [2.66681, 23.2583, -10.5489],
  ],
  [
    'unipc',
    { solver_order: 3 },
    8,
    [999.0, 874.0],
    [3.15122, 26.1093, -11.8354],
    [2.68739, 22.4055, -10.1572],
  ],
  [
    'unipc',
    { solver_type: 'bh1', final_sigmas_type: 'sigma_min' },
    8,
    [999.0, 874.0],
    [3.27295, 26.9226, -12.2032],
    [2.85596, 23.6243, -10.7088],
  ],
  [
    'unipc',
    { solver_order: 3, solver_type: 'bh1', final_sigmas_type: 'sigma_min' },
    8,
    [999.0, 874.0],
    [3.20171, 26.3582, -11.9475],
    [2.79366, 23.1318, -10.4857],
  ],
  [
    'unipc',
    { disable_corrector: [0, 1, 2] },
    8,
    [999.0, 874.0],
    [3.07511, 25.6357, -11.6216],
    [2.62212, 21.9994, -9.97381],
  ],
  [
    'unipc',
    { solver_order: 3, lower_order_final: false, final_sigmas_type: 'sigma_min' },
    8,
    [999.0, 874.0],
    [3.22491, 26.6983, -12.1024],
    [7.89557, 66.392, -30.1007],
  ],
  [
    'euler',
    { sigma_min: 0.05, sigma_max: 10.0, use_karras_sigmas: true },
    5,
    [933.507, 724.986],
    [1.90617, 15.1553, -6.86675],
    [1.84902, 14.7012, -6.66102],
  ],
  [
    'euler',
    { beta_schedule: 'squaredcos_cap_v2', timestep_spacing: 'trailing' },
    4,
    [999.0, 749.0],
    [4628.86, 45215.1, -20530.7],
    [3895.7, 38053.9, -17279.0],
  ],
  [
    'euler',
    {
      beta_schedule: 'linear',
      beta_start: 0.0001,
      beta_end: 0.02,
      prediction_type: 'v_prediction',
      rescale_betas_zero_snr: true,
      timestep_spacing: 'trailing',
      use_karras_sigmas: true,
    },
    4,
    [995.257, 977.223],
    [0.207751, 1.65853, -0.751503],
    [0.0146554, 0.58117, -0.265759],
  ],
  [
    'lcm',
    { original_inference_steps: 20 },
    3,
    [999.0, 699.0],
    [3.58179, 24.1869, -10.9364],
    [4.08374, 28.375, -12.835],
  ],
  [
    'lcm',
    { original_inference_steps: 100 },
    8,
    [999.0, 879.0],
    [5.12003, 48.3928, -21.9667],
    [4.37388, 41.5059, -18.8413],
  ],
  [
    'lcm',
    { timestep_scaling: 0.0005 },
    3,
    [999.0, 679.0],
    [2.04247, 12.3681, -5.58363],
    [2.54627, 15.6381, -7.06136],
  ],
  [
    'lcm',
    { clip_sample: true, clip_sample_range: 0.3 },
    3,
    [999.0, 679.0],
    [-0.0694938, 0.0694938, 0.0739273],
    [-0.175752, 0.175752, 0.0356561],
  ],
  [
    'tcd',
    { original_inference_steps: 20 },
    3,
    [999.0, 699.0],
    [3.4934, 21.6294, -9.7679],
    [4.00599, 25.5216, -11.5305],
  ],
];

describe('where the scheduler config says another', () => {
  it.each(ROWS)(
    '%s goes by %j, %i steps, where diffusers goes',
    async (name, settings, steps, first, before, last) => {
      const process = noiseProcessOf({ ...CONFIG, ...settings });
      const taken: SamplingStep[] = [];
      const run = samplers[name].sample({
        process,
        steps,
        latents: Float32Array.of(0.3, 0.9, -0.4),
        noise: (step) => Float32Array.from(CHANNELS, (channel) => channel * Math.cos(step + 1)),
        denoise: denoiserOf(process, async (x, t) =>
          x.map((value, cell) => 0.6 * value * Math.cos(t / 300) + (0.3 * CHANNELS[cell]! * t) / 1000),
        ),
      });
      for await (const step of run) taken.push(step);
      expect(
        largestDifference(
          taken.slice(0, 2).map(({ timestep }) => timestep),
          first,
        ),
      ).toBeLessThan(1e-2);
      for (const [index, expected] of [before, last].entries()) {
        const scale = Math.max(...expected.map(Math.abs));
        expect(largestDifference(taken.at(index - 2)!.latents, expected)).toBeLessThan(1e-4 * scale);
      }
    },
  );
});

describe('what no sampler here follows is told in words', () => {
  it.each([
    [{ algorithm_type: 'dpmsolver' }, /algorithm_type "dpmsolver"/],
    [{ solver_order: 5 }, /solver_order 5/],
    [{ solver_order: 3, algorithm_type: 'sde-dpmsolver++' }, /solver_order 3 with noise/],
    [{ predict_x0: false }, /predict_x0/],
  ])('%j', (settings, words) => {
    expect(noiseProcessOf({ ...CONFIG, ...settings }).unfollowed.join(' ')).toMatch(words);
  });

  it('and nothing of settings that are followed, or that no class would take', () => {
    const odd = { solver_order: 'two', solver_type: 7, disable_corrector: 3, timestep_scaling: -1 };
    for (const settings of [
      {},
      odd,
      { solver_order: 3, solver_type: 'heun', algorithm_type: 'dpmsolver++' },
    ]) {
      expect(noiseProcessOf({ ...CONFIG, ...settings }).unfollowed).toEqual([]);
    }
  });
});
