import { describe, expect, it } from 'vitest';
import { denoiserOf } from '../../companion/diffusion/denoiser.ts';
import { addNoise, type FlowShift, flow } from '../../companion/diffusion/noise-process.ts';
import { ddim } from '../../companion/diffusion/samplers/ddim.ts';
import { noiseProcessOf } from '../../companion/diffusion/scheduler-config.ts';
import { goldenAbsent, goldenJson, goldenTensors, largestDifference } from './golden.ts';

const STABLE_DIFFUSION = {
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  num_train_timesteps: 1000,
};

describe('the noise process of a scheduler config', () => {
  for (const model of ['nano', 'narrow16', 'sd2']) {
    it.skipIf(goldenAbsent)(
      `${model}: betas and their product are the reference's to a rounding`,
      async () => {
        const golden = await goldenTensors(`${model}/golden/train_targets.safetensors`);
        const process = noiseProcessOf(goldenJson(`${model}/pipeline/scheduler/scheduler_config.json`));
        expect(largestDifference(process.betas, golden.betas!.data)).toBeLessThan(1e-8);
        expect(largestDifference(process.alphasCumprod, golden.alphas_cumprod!.data)).toBeLessThan(1e-6);
      },
    );

    it.skipIf(goldenAbsent)(`${model}: noises and gives velocities as the reference does`, async () => {
      const golden = await goldenTensors(`${model}/golden/train_targets.safetensors`);
      const config = goldenJson(`${model}/pipeline/scheduler/scheduler_config.json`) as object;
      const process = noiseProcessOf({ ...config, prediction_type: 'v_prediction' });
      const size = golden.x0!.data.length / golden.t!.data.length;
      golden.t!.data.forEach((t, index) => {
        const row = (name: string) => golden[name]!.data.subarray(index * size, (index + 1) * size);
        const [x0, noise] = [row('x0'), row('noise')];
        const level = process.level(t);
        expect(largestDifference(addNoise(x0, noise, level), row('noisy'))).toBeLessThan(1e-6);
        expect(largestDifference(process.target(x0, noise, level), row('velocity'))).toBeLessThan(1e-6);
      });
    });
  }

  it('falls from almost no noise to almost no signal under every beta schedule', () => {
    const ends = ['linear', 'scaled_linear', 'squaredcos_cap_v2'].map((beta_schedule) => {
      const { alphasCumprod } = noiseProcessOf({ ...STABLE_DIFFUSION, beta_schedule });
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
    ['_class_name', 'EDMEulerScheduler'],
    ['_class_name', 'ScoreSdeVeScheduler'],
    ['use_flow_sigmas', true],
    ['thresholding', true],
    ['interpolation_type', 'log_linear'],
    ['steps_offset', -1],
  ])('refuses %s %j by name', (field, value) => {
    expect(() => noiseProcessOf({ ...STABLE_DIFFUSION, [field]: value })).toThrow(
      expect.objectContaining({
        code: 'checkpoint-unsupported',
        message: expect.stringContaining(`${field} is ${JSON.stringify(value)}`),
      }),
    );
  });

  it.each([
    'LCMScheduler',
    'TCDScheduler',
    'DPMSolverSDEScheduler',
    'SASolverScheduler',
    'FlaxPNDMScheduler',
  ])('is read whatever its sampler: %s', (_class_name) => {
    const { unfollowed, alphasCumprod } = noiseProcessOf({ ...STABLE_DIFFUSION, _class_name });
    expect(unfollowed).toEqual([]);
    expect(alphasCumprod).toEqual(noiseProcessOf(STABLE_DIFFUSION).alphasCumprod);
  });

  it('is read of an unknown class that describes one, which is said; and of none that does not', () => {
    const { unfollowed } = noiseProcessOf({ ...STABLE_DIFFUSION, _class_name: 'NewestScheduler' });
    expect(unfollowed).toEqual([expect.stringContaining('NewestScheduler')]);
    expect(() => noiseProcessOf({ _class_name: 'NewestScheduler' })).toThrow(/NewestScheduler/);
  });

  it('takes a field that is null as absent', () => {
    const odd = { trained_betas: null, timestep_spacing: null, clip_sample: null, prediction_type: null };
    expect(noiseProcessOf({ ...STABLE_DIFFUSION, ...odd }).betas).toEqual(
      noiseProcessOf(STABLE_DIFFUSION).betas,
    );
  });

  it("has the reference's betas and their product to the last bit", () => {
    const { betas, alphasCumprod } = noiseProcessOf(STABLE_DIFFUSION);
    // By diffusers 0.42.1 with PyTorch 2.15.
    expect([57, 499, 500, 942].map((t) => betas[t])).toEqual([
      0.0011384928366169333, 0.0048037925735116005, 0.004814953543245792, 0.011016120202839375,
    ]);
    expect([0, 499, 500, 999].map((t) => alphasCumprod[t])).toEqual([
      0.9991499781608582, 0.27766942977905273, 0.27633246779441833, 0.00466009508818388,
    ]);
  });

  it('ends in pure noise where its betas are rescaled to it', () => {
    const wish = { rescale_betas_zero_snr: true, prediction_type: 'v_prediction' };
    const { betas, alphasCumprod, sampling, level } = noiseProcessOf({ ...STABLE_DIFFUSION, ...wish });
    // By diffusers 0.42.1's rescale_zero_terminal_snr; its square roots have roundings of their machine's.
    const at = (values: Float32Array, ...times: number[]) => times.map((t) => values[t]!);
    expect(
      largestDifference(at(betas, 0, 1, 500, 998), [0.00085, 0.000917256, 0.005530477, 0.7511318]),
    ).toBeLessThan(1e-6);
    expect(
      largestDifference(at(alphasCumprod, 0, 500, 998, 999), [0.99915, 0.2410187, 1.96789e-7, 0]),
    ).toBeLessThan(2e-7);
    expect(level(999)).toEqual({ signal: 0, noise: 1 });
    expect(sampling.spacing).toBe('trailing');
  });

  it('refuses two schedules of sigmas at once', () => {
    const both = { use_karras_sigmas: true, use_beta_sigmas: true };
    expect(() => noiseProcessOf({ ...STABLE_DIFFUSION, ...both })).toThrow(
      /use_beta_sigmas.*use_karras_sigmas/,
    );
  });

  it('refuses what is no object', () => {
    expect(() => noiseProcessOf('ddim')).toThrow(/"ddim"/);
  });
});

describe.each([
  [noiseProcessOf({ ...STABLE_DIFFUSION, prediction_type: 'epsilon' }), 400],
  [noiseProcessOf({ ...STABLE_DIFFUSION, prediction_type: 'v_prediction' }), 400],
  [flow(), 0.4],
] as const)('where a model predicts $prediction', (process, t) => {
  it('finds x_0 and the noise behind the output that training asks for', () => {
    const [x0, noise] = [Float32Array.of(0.5, -2), Float32Array.of(1, 0.25)];
    const level = process.level(t);
    const found = process.split(process.target(x0, noise, level), addNoise(x0, noise, level), level);
    expect(largestDifference(found.denoised, x0)).toBeLessThan(1e-6);
    expect(largestDifference(found.noise, noise)).toBeLessThan(1e-6);
  });
});

/** Numbers alone: no flow model has been run, and no checkpoint gets this process. */
describe.skipIf(goldenAbsent)(`flow, in numbers${goldenAbsent ? `: ${goldenAbsent}` : ''}`, () => {
  const SHIFTS: Readonly<Record<string, FlowShift>> = {
    plain: { factor: 1 },
    shift3: { factor: 3 },
    dynamic: { imageTokens: 1024 },
  };
  /** Of times near 1, rounded to float32 by the reference. */
  const ROUNDING = 2e-7;

  it('visits the times of the reference, plain, shifted and shifted by the image tokens', () => {
    const { tables } = goldenJson('flow/tables.json') as {
      tables: Record<string, { timesteps: readonly number[]; sigmas: readonly number[] }>;
    };
    for (const [key, { timesteps, sigmas }] of Object.entries(tables)) {
      const [kind, steps, tokens] = key.split('/') as [string, string, string | undefined];
      const imageTokens = Number(tokens?.replace('tokens ', ''));
      const process = flow(kind === 'dynamic' ? { imageTokens } : SHIFTS[kind]);
      const times = process.timesteps(Number(steps));
      expect(largestDifference([...times, 0], sigmas), key).toBeLessThan(ROUNDING);
      const given = times.map((t) => process.networkTime(t));
      expect(largestDifference(given, timesteps), key).toBeLessThan(1000 * ROUNDING);
    }
  });

  it('noises and gives targets as the reference does', async () => {
    const golden = await goldenTensors('flow/train_targets.safetensors');
    const size = golden.x0!.data.length / golden.sigma!.data.length;
    golden.sigma!.data.forEach((sigma, index) => {
      const row = (name: string) => golden[name]!.data.subarray(index * size, (index + 1) * size);
      const [x0, noise] = [row('x0'), row('noise')];
      const level = flow().level(sigma);
      expect(largestDifference(addNoise(x0, noise, level), row('noisy'))).toBeLessThan(1e-6);
      expect(largestDifference(flow().target(x0, noise, level), row('velocity'))).toBe(0);
    });
  });

  it.each(Object.entries(SHIFTS))(
    '%s: the deterministic step is Euler’s on given outputs',
    async (kind, shift) => {
      const golden = await goldenTensors(`flow/traj_${kind}.safetensors`);
      const steps = golden.timesteps!.data.length;
      const size = golden.latents!.data.length / (steps + 1);
      const row = (name: string, index: number) =>
        golden[name]!.data.subarray(index * size, (index + 1) * size);
      const process = flow(shift);
      const denoise = denoiserOf(process, async (_x, _time, index) => row('model_output', index));
      let seen = 0;
      for await (const { index, latents } of ddim.sample({
        process,
        steps,
        latents: row('latents', 0),
        denoise,
        noise: () => new Float32Array(size),
      })) {
        expect(largestDifference(latents, row('latents', index + 1))).toBeLessThan(5e-6);
        seen++;
      }
      expect(seen).toBe(steps);
    },
  );
});
