import { describe, expect, it } from 'vitest';
import {
  addNoise,
  levelAt,
  parseNoiseSchedule,
  toDenoised,
  toNoise,
  velocity,
} from '../../companion/diffusion/noise-process.ts';
import { goldenAbsent, goldenJson, goldenTensors, largestDifference } from './golden.ts';

const STABLE_DIFFUSION = {
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  num_train_timesteps: 1000,
};

describe('noise schedule', () => {
  for (const model of ['nano', 'narrow16']) {
    it.skipIf(goldenAbsent)(
      `${model}: betas and their product are the reference's to the last bit`,
      async () => {
        const golden = await goldenTensors(`${model}/golden/train_targets.safetensors`);
        const schedule = parseNoiseSchedule(goldenJson(`${model}/pipeline/scheduler/scheduler_config.json`));
        expect(largestDifference(schedule.betas, golden.betas!.data)).toBe(0);
        expect(largestDifference(schedule.alphasCumprod, golden.alphas_cumprod!.data)).toBe(0);
      },
    );

    it.skipIf(goldenAbsent)(`${model}: noises and gives velocities as the reference does`, async () => {
      const golden = await goldenTensors(`${model}/golden/train_targets.safetensors`);
      const schedule = parseNoiseSchedule(goldenJson(`${model}/pipeline/scheduler/scheduler_config.json`));
      const size = golden.x0!.data.length / golden.t!.data.length;
      golden.t!.data.forEach((t, index) => {
        const row = (name: string) => golden[name]!.data.subarray(index * size, (index + 1) * size);
        const [x0, noise] = [row('x0'), row('noise')];
        expect(largestDifference(addNoise(schedule, x0, noise, t), row('noisy'))).toBeLessThan(1e-6);
        expect(largestDifference(velocity(schedule, x0, noise, t), row('velocity'))).toBeLessThan(1e-6);
      });
    });
  }

  it('finds x_0 and the noise behind either prediction', () => {
    const [x0, noise] = [Float32Array.of(0.5, -2), Float32Array.of(1, 0.25)];
    for (const type of ['epsilon', 'v_prediction']) {
      const schedule = parseNoiseSchedule({ ...STABLE_DIFFUSION, prediction_type: type });
      const output = type === 'epsilon' ? noise : velocity(schedule, x0, noise, 400);
      const sample = addNoise(schedule, x0, noise, 400);
      const level = levelAt(schedule, 400);
      expect(largestDifference(toDenoised(schedule, output, sample, level), x0)).toBeLessThan(1e-6);
      expect(largestDifference(toNoise(schedule, output, sample, level), noise)).toBeLessThan(1e-6);
    }
  });

  it('falls from almost no noise to almost no signal under every beta schedule', () => {
    const ends = ['linear', 'scaled_linear', 'squaredcos_cap_v2'].map((beta_schedule) => {
      const { alphasCumprod } = parseNoiseSchedule({ ...STABLE_DIFFUSION, beta_schedule });
      return [alphasCumprod[0], alphasCumprod[500], alphasCumprod[999]];
    });
    // ᾱ_500 = cos²(0.509 / 1.008 · π/2) / cos²(0.008 / 1.008 · π/2)
    expect(ends[2]![0]).toBeCloseTo(0.99995872, 7);
    expect(ends[2]![1]).toBeCloseTo(0.492285, 6);
    expect(ends[2]![2]).toBeLessThan(1e-8);
    expect(ends[0]![0]).toBeCloseTo(1 - 0.00085, 7);
    expect(ends[0]![2]).toBeCloseTo(0.00157896, 7);
  });

  it.each([
    ['prediction_type', 'sample'],
    ['beta_schedule', 'sigmoid'],
    ['trained_betas', [0.1]],
    ['rescale_betas_zero_snr', true],
    ['timestep_spacing', 'random'],
    ['_class_name', 'FlowMatchEulerDiscreteScheduler'],
    ['steps_offset', -1],
  ])('refuses %s %j by name', (field, value) => {
    expect(() => parseNoiseSchedule({ ...STABLE_DIFFUSION, [field]: value })).toThrow(
      expect.objectContaining({
        code: 'checkpoint-unsupported',
        message: expect.stringContaining(`${field} is ${JSON.stringify(value)}`),
      }),
    );
  });

  it('refuses what is no object', () => {
    expect(() => parseNoiseSchedule('ddim')).toThrow(/"ddim"/);
  });
});
