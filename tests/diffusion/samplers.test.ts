import { describe, expect, it } from 'vitest';
import { STABLE_DIFFUSION_SCHEDULE } from '../../bench/full-size/published-configs.ts';
import { denoiserOf } from '../../companion/diffusion/denoiser.ts';
import { seededNoise } from '../../companion/diffusion/random.ts';
import { type SamplerName, samplers } from '../../companion/diffusion/samplers/index.ts';
import type { SamplerOptions, SamplingStep } from '../../companion/diffusion/samplers/sampler.ts';
import { noiseProcessOf } from '../../companion/diffusion/scheduler-config.ts';
import { goldenAbsent, goldenJson, goldenTensors, largestDifference, standardDeviation } from './golden.ts';

interface Table {
  readonly timesteps: readonly number[];
  readonly sigmas?: readonly number[];
  readonly init_noise_sigma: number;
}

const process = noiseProcessOf(STABLE_DIFFUSION_SCHEDULE);

/** Added at a step, by samplers that do. */
const noise = (step: number) => seededNoise(3, 1, step);

describe('sampling plans', () => {
  it.skipIf(goldenAbsent)("are the reference's for every sampler, spacing and number of steps", () => {
    const tables = Object.entries(goldenJson('scheduler_tables.json') as Record<string, Table>);
    const plans = tables.filter(([key]) => key.includes('/'));
    expect(plans).toHaveLength(72);
    for (const [key, table] of plans) {
      const [kind, spacing, steps] = key.split('/') as [string, 'leading', string];
      const [name, karras] = kind.split('_') as [SamplerName, string | undefined];
      const plan = samplers[name].plan(process, Number(steps), {
        spacing,
        sigmas: karras === undefined ? undefined : 'karras',
      });
      // Only Euler's may be fractional; they carry the reference's float32 rounding.
      const tolerance = name === 'euler' ? 1e-2 : 0;
      expect(largestDifference(plan.timesteps, table.timesteps), key).toBeLessThanOrEqual(tolerance);
      expect(largestDifference(plan.sigmas, table.sigmas ?? []), key).toBeLessThan(2e-5);
      expect(Math.abs(plan.initNoiseSigma - table.init_noise_sigma), key).toBeLessThan(1e-5);
    }
  });

  it('refuse an impossible number of steps', () => {
    for (const steps of [0, 2.5, 1000, Number.NaN]) {
      expect(() => samplers.ddim.plan(process, steps)).toThrow(expect.objectContaining({ code: 'input' }));
    }
  });
});

/** By diffusers 0.42.1's EulerDiscreteScheduler and DPMSolverMultistepScheduler, whose last sigma falls short of its timestep. */
describe('the sigmas that a scheduler config wishes', () => {
  it.each([
    [
      'use_exponential_sigmas',
      [14.614649, 4.215127, 1.215718, 0.350635, 0.101129, 0.029168],
      [998, 756, 413, 102, 10, 0],
    ],
    [
      'use_beta_sigmas',
      [14.614649, 12.821776, 9.324481, 5.319336, 1.82204, 0.029168],
      [998, 977, 920, 808, 535, 0],
    ],
    [
      'use_lu_lambdas',
      [14.614649, 4.215127, 1.215718, 0.350635, 0.101129, 0.029168],
      [999, 757, 413, 103, 11, 0],
    ],
  ])('%s: over all of the schedule in DPM++, which rounds its timesteps', (wish, sigmas, timesteps) => {
    const plan = samplers.dpmpp2m.plan(noiseProcessOf({ ...STABLE_DIFFUSION_SCHEDULE, [wish]: true }), 6);
    expect(largestDifference(plan.sigmas, [...sigmas, 0])).toBeLessThan(2e-5);
    expect(plan.timesteps).toEqual(timesteps);
  });

  it.each([
    [
      'use_exponential_sigmas',
      [5.906452, 2.189182, 0.811404, 0.300741, 0.111467, 0.041314],
      [831, 588.036, 292.564, 81.069, 13.012, 1],
    ],
    [
      'use_beta_sigmas',
      [5.906452, 5.185499, 3.779161, 2.168606, 0.762267, 0.041314],
      [831, 803.161, 730.7, 585.372, 274.951, 1],
    ],
  ])("%s: between the spacing's ends in Euler", (wish, sigmas, timesteps) => {
    const wished = noiseProcessOf({
      ...STABLE_DIFFUSION_SCHEDULE,
      [wish]: true,
      timestep_spacing: 'leading',
    });
    const plan = samplers.euler.plan(wished, 6);
    expect(largestDifference(plan.sigmas, [...sigmas, 0])).toBeLessThan(2e-5);
    expect(largestDifference(plan.timesteps, timesteps)).toBeLessThan(2e-3);
  });

  it.each(['euler', 'dpmpp2m'] as const)(
    '%s ends on the least sigma where final_sigmas_type says so',
    (name) => {
      const { sigmas } = samplers[name].plan(
        noiseProcessOf({ ...STABLE_DIFFUSION_SCHEDULE, final_sigmas_type: 'sigma_min' }),
        6,
      );
      expect(sigmas.at(-1)).toBeCloseTo(0.029168, 5);
    },
  );
});

it('PNDM combines the velocities of a v-model, and tells them as noise at the level of the step', async () => {
  // By numpy after diffusers 0.42.1's PNDMScheduler.step_plms, for an arbitrary network.
  const expected = [
    [0.282708, 1.010527, -0.451379],
    [0.28142, 0.995218, -0.444416],
    [0.250891, 1.07294, -0.481311],
    [0.199154, 1.027312, -0.462553],
    [0.151423, 0.888304, -0.40083],
    [0.102641, 0.657052, -0.296872],
    [0.102464, 0.653843, -0.295409],
  ];
  const velocity = noiseProcessOf({ ...STABLE_DIFFUSION_SCHEDULE, prediction_type: 'v_prediction' });
  const denoise = denoiserOf(velocity, async (x, t) =>
    x.map((value, cell) => 0.6 * value * Math.cos(t / 300) + (0.3 * [1, -1, 0.5][cell]! * t) / 1000),
  );
  const steps = await collect('pndm', {
    process: velocity,
    steps: 6,
    latents: Float32Array.of(0.3, 0.9, -0.4),
    denoise,
    noise,
  });
  expect(steps.map(({ timestep }) => timestep)).toEqual([831, 665, 665, 499, 333, 167, 1]);
  for (const { index, latents } of steps) {
    expect(largestDifference(latents, expected[index]!)).toBeLessThan(1e-5);
  }
});

/** By diffusers 0.42.1's schedulers, for an arbitrary network: a step ends T / steps below, which is no timestep here. */
describe('steps that do not divide the schedule evenly', () => {
  const kinds = [
    ['ddim', 'trailing', 7, [0.505068, 2.915197, -1.315088], [2.652353, 22.862541, -10.368154]],
    ['ddim', 'linspace', 6, [0.550989, 3.368276, -1.520835], [1.905706, 16.059502, -7.281202]],
    ['pndm', 'trailing', 6, [0.550989, 3.368276, -1.520835], [3.276772, 26.710474, -12.105767]],
  ] as const;
  it.each(kinds)(
    'are taken by %s, %s, as diffusers takes them',
    async (name, spacing, steps, first, last) => {
      const denoise = denoiserOf(process, async (x, t) =>
        x.map((value, cell) => 0.6 * value * Math.cos(t / 300) + (0.3 * [1, -1, 0.5][cell]! * t) / 1000),
      );
      const latents = Float32Array.of(0.3, 0.9, -0.4);
      const taken = await collect(name, { process, steps, spacing, latents, denoise, noise });
      expect(largestDifference(taken[0]!.latents, first)).toBeLessThan(1e-5);
      expect(largestDifference(taken.at(-1)!.latents, last)).toBeLessThan(1e-4);
    },
  );
});

/** By diffusers 0.42.1's image-to-image pipeline with PNDMScheduler, for an arbitrary network. */
describe('PNDM from a picture', () => {
  it.each([
    [10, 0.9, [801, 801, 701, 601, 501, 401, 301, 201, 101, 1], [4.938407, -1.534362, -0.815755]],
    [10, 0.6, [601, 501, 401, 301, 201, 101, 1], [1.693932, -0.414339, -0.475935]],
    [4, 0.5, [501, 251, 1], [1.416576, -0.187754, -0.502019]],
  ] as const)(
    'of %d steps at strength %d goes where diffusers goes',
    async (count, strength, timesteps, last) => {
      const taken = await collect('pndm', {
        process,
        steps: count,
        latents: Float32Array.of(1, -0.5, 0.25),
        start: { picture: Float32Array.of(0.5, 1, -1), strength },
        denoise: denoiserOf(process, async (x, t) =>
          x.map((value) => 0.9 * Math.sin(1.3 * value + t / 300) + 0.2 * value),
        ),
        noise,
      });
      expect(taken.map(({ timestep }) => timestep)).toEqual(timesteps);
      expect(largestDifference(taken.at(-1)!.latents, last)).toBeLessThan(1e-5);
    },
  );
});

describe('trajectories', () => {
  const kinds = [
    ['ddim', 'ddim'],
    ['ddim_trailing', 'ddim'],
    ['euler', 'euler'],
    ['euler_karras', 'euler'],
    ['euler_leading', 'euler'],
    ['dpmpp2m', 'dpmpp2m'],
    ['dpmpp2m_karras', 'dpmpp2m'],
    ['dpmpp2m_leading', 'dpmpp2m'],
    ['pndm', 'pndm'],
  ] as const;
  /** Of SDXL's form, with samplers of few steps, and those that add noise on the way. */
  const others = [
    ['traj_unipc', 'unipc'],
    ['traj_dpmpp2m_sde_karras', 'dpmpp2m-sde'],
    ['fewstep_euler_trailing_4', 'euler'],
    ['fewstep_ddim_trailing_8', 'ddim'],
    ['fewstep_euler_ancestral_trailing_4', 'euler-ancestral'],
    ['fewstep_lcm_4', 'lcm'],
    ['fewstep_tcd_4', 'tcd'],
  ] as const;

  const all = ['nano', 'narrow16'].flatMap((model) =>
    kinds.map(([kind, name]) => [model, `traj_${kind}`, name] as const),
  );
  for (const [model, file, name] of [...all, ...others.map((one) => ['sdxl', ...one] as const)]) {
    it.skipIf(goldenAbsent)(`${model}: ${file} goes where the reference goes`, async () => {
      const golden = await goldenTensors(`${model}/golden/${file}.safetensors`);
      const size = golden.noise!.data.length;
      const row = (tensor: string, index: number) =>
        golden[tensor]!.data.subarray(index * size, (index + 1) * size);
      const own = noiseProcessOf(goldenJson(`${model}/golden/${file}.config.json`));
      const steps = await collect(name, {
        process: own,
        steps: golden.latents!.shape[0]! - (name === 'pndm' ? 2 : 1),
        latents: golden.noise!.data,
        denoise: denoiserOf(own, async (_sample, _time, index) => row('guided_model_output', index)),
        noise: (index) => row('step_noise', index),
      });

      expect(steps).toHaveLength(golden.timesteps!.data.length);
      for (const { index, timestep, latents } of steps) {
        expect(Math.abs(timestep - golden.timesteps!.data[index]!)).toBeLessThan(1e-2);
        const expected = row('latents', index + 1);
        expect(largestDifference(latents, expected)).toBeLessThan(1e-4 * standardDeviation(expected));
      }
    });
  }
});

describe('every sampler', () => {
  const names = Object.keys(samplers) as SamplerName[];
  const x0 = Float32Array.of(0.7, -1.2, 0.1);

  /** A model that knows the answer: its noise estimate points exactly at x_0. */
  function perfect(predictionType: string): Pick<SamplerOptions, 'process' | 'denoise' | 'noise'> {
    const exact = noiseProcessOf({ ...STABLE_DIFFUSION_SCHEDULE, prediction_type: predictionType });
    const network = async (sample: Float32Array, timestep: number) => {
      const alphaBar = exact.alphasCumprod[timestep]!;
      const [alpha, sigma] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
      return sample.map((value, index) => {
        const noise = (value - alpha * x0[index]!) / sigma;
        return predictionType === 'epsilon' ? noise : alpha * noise - sigma * x0[index]!;
      });
    };
    return { process: exact, denoise: denoiserOf(exact, network), noise };
  }

  it.each(names)('%s ends at the x_0 that a perfect model points at, whatever it predicts', async (name) => {
    for (const type of ['epsilon', 'v_prediction']) {
      const latents = Float32Array.of(0.3, 0.9, -0.4);
      const options = { ...perfect(type), steps: 12, latents, spacing: 'trailing' } as const;
      const steps = await collect(name, options);
      expect(largestDifference(steps.at(-1)!.denoised, x0)).toBeLessThan(1e-5);
      // DDIM and PNDM are told to end at the first timestep, where 3 % of noise are left.
      expect(largestDifference(steps.at(-1)!.latents, x0)).toBeLessThan(0.06);
      expect(latents).toEqual(Float32Array.of(0.3, 0.9, -0.4));
    }
  });

  it.each(names)('%s returns the last latents, and runs in a single step', async (name) => {
    const options = { ...perfect('epsilon'), steps: 1, latents: x0, spacing: 'trailing' } as const;
    const run = samplers[name].sample(options);
    const first = await run.next();
    const end = await run.next();
    expect(end.done && end.value).toBe(!first.done && first.value.latents);
  });

  it.each(names)('%s stops between steps when it is cancelled', async (name) => {
    const controller = new AbortController();
    const options = { ...perfect('epsilon'), steps: 5, latents: x0, signal: controller.signal };
    const run = samplers[name].sample({ ...options, spacing: 'trailing' });
    await run.next();
    controller.abort();
    await expect(run.next()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each(names)('%s starts from pure noise where the schedule ends in it', async (name) => {
    const wish = { prediction_type: 'v_prediction', rescale_betas_zero_snr: true };
    const silent = noiseProcessOf({ ...STABLE_DIFFUSION_SCHEDULE, ...wish });
    const network = async (sample: Float32Array, timestep: number) => {
      const { signal, noise } = silent.level(Math.round(timestep));
      return sample.map((value, index) => {
        const rest = noise === 0 ? 0 : (value - signal * x0[index]!) / noise;
        return signal * rest - noise * x0[index]!;
      });
    };
    const latents = Float32Array.of(0.3, 0.9, -0.4);
    const steps = await collect(name, {
      process: silent,
      steps: 12,
      latents,
      denoise: denoiserOf(silent, network),
      noise,
    });
    expect(steps[0]!.timestep).toBe(999);
    expect(largestDifference(steps.at(-1)!.latents, x0)).toBeLessThan(0.06);
  });

  it('clips x_0 in DDIM where the config says so', async () => {
    const clipping = noiseProcessOf({
      ...STABLE_DIFFUSION_SCHEDULE,
      clip_sample: true,
      clip_sample_range: 0.5,
    });
    const options = { ...perfect('epsilon'), process: clipping, steps: 3, latents: x0 };
    const [step] = await collect('ddim', options);
    expect(step!.denoised[1]).toBe(-0.5);
    expect(step!.denoised[2]).toBeCloseTo(0.1, 4);
  });
});

async function collect(name: SamplerName, options: SamplerOptions): Promise<SamplingStep[]> {
  const steps: SamplingStep[] = [];
  for await (const step of samplers[name].sample(options)) steps.push(step);
  return steps;
}
