import { describe, expect, it } from 'vitest';
import { denoiserOf } from '../../companion/diffusion/denoiser.ts';
import { type SamplerName, samplers } from '../../companion/diffusion/samplers/index.ts';
import type { SamplerOptions, SamplingStep } from '../../companion/diffusion/samplers/sampler.ts';
import { noiseProcessOf } from '../../companion/diffusion/scheduler-config.ts';
import { goldenAbsent, goldenJson, goldenTensors, largestDifference, standardDeviation } from './golden.ts';

interface Table {
  readonly timesteps: readonly number[];
  readonly sigmas?: readonly number[];
  readonly init_noise_sigma: number;
}

const CONFIG = {
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  num_train_timesteps: 1000,
  set_alpha_to_one: false,
  steps_offset: 1,
};

const process = noiseProcessOf(CONFIG);

describe('sampling plans', () => {
  it.skipIf(goldenAbsent)("are the reference's for every sampler, spacing and number of steps", () => {
    const tables = Object.entries(goldenJson('scheduler_tables.json') as Record<string, Table>);
    const plans = tables.filter(([key]) => key.includes('/'));
    expect(plans).toHaveLength(72);
    for (const [key, table] of plans) {
      const [kind, spacing, steps] = key.split('/') as [string, 'leading', string];
      const [name, karras] = kind.split('_') as [SamplerName, string | undefined];
      const plan = samplers[name].plan(process, Number(steps), { spacing, karras: karras !== undefined });
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

  for (const model of ['nano', 'narrow16']) {
    it.skipIf(goldenAbsent).each(kinds)(`${model}: %s goes where the reference goes`, async (kind, name) => {
      const golden = await goldenTensors(`${model}/golden/traj_${kind}.safetensors`);
      const size = golden.noise!.data.length;
      const row = (tensor: string, index: number) =>
        golden[tensor]!.data.subarray(index * size, (index + 1) * size);
      const own = noiseProcessOf(goldenJson(`${model}/golden/traj_${kind}.config.json`));
      const steps = await collect(name, {
        process: own,
        steps: 10,
        latents: golden.noise!.data,
        denoise: denoiserOf(own, async (_sample, _time, index) => row('guided_model_output', index)),
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
  function perfect(predictionType: string): Pick<SamplerOptions, 'process' | 'denoise'> {
    const exact = noiseProcessOf({ ...CONFIG, prediction_type: predictionType });
    const network = async (sample: Float32Array, timestep: number) => {
      const alphaBar = exact.alphasCumprod[timestep]!;
      const [alpha, sigma] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
      return sample.map((value, index) => {
        const noise = (value - alpha * x0[index]!) / sigma;
        return predictionType === 'epsilon' ? noise : alpha * noise - sigma * x0[index]!;
      });
    };
    return { process: exact, denoise: denoiserOf(exact, network) };
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

  it('clips x_0 in DDIM where the config says so', async () => {
    const clipping = noiseProcessOf({ ...CONFIG, clip_sample: true, clip_sample_range: 0.5 });
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
