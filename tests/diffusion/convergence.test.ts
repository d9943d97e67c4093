/**
 * Samplers against an exact solution, with no reference implementation between: where data is normal, x_0 ~ N(m, s²),
 * the best noise estimate is known, and along the probability flow (Song et al. 2021, equation 13) the standardised
 * sample (x_t - α_t m) / √(α_t² s² + σ_t²) stays what it was.
 */

import { describe, expect, it } from 'vitest';
import { denoiserOf } from '../../companion/diffusion/denoiser.ts';
import { type SamplerName, samplers } from '../../companion/diffusion/samplers/index.ts';
import { noiseProcessOf } from '../../companion/diffusion/scheduler-config.ts';

const MEAN = 0.8;
const DEVIATION = 0.4;
const START = 999;
/** A timestep that all plans below pass: half of the way. */
const LOOK = 499;

const processes = (['epsilon', 'v_prediction'] as const).map((predictionType) =>
  noiseProcessOf({
    beta_schedule: 'scaled_linear',
    beta_start: 0.00085,
    beta_end: 0.012,
    prediction_type: predictionType,
    timestep_spacing: 'trailing',
  }),
);

function spread(alpha: number, sigma: number): number {
  return Math.hypot(alpha * DEVIATION, sigma);
}

/** How far from the exact flow the sampler is at timestep LOOK, as the model sees it. */
async function error(name: SamplerName, process: (typeof processes)[number], steps: number) {
  const seen = new Map<number, number>();
  const network = async (sample: Float32Array, timestep: number) => {
    const { signal: alpha, noise: sigma } = process.level(timestep);
    seen.set(timestep, sample[0]!);
    return sample.map((x) => {
      const noise = (sigma * (x - alpha * MEAN)) / spread(alpha, sigma) ** 2;
      const x0 = (x - sigma * noise) / alpha;
      return process.prediction === 'epsilon' ? noise : alpha * noise - sigma * x0;
    });
  };
  const denoise = denoiserOf(process, network);
  const latents = Float32Array.of(1.3);
  const noise = () => new Float32Array(1);
  const run = samplers[name].sample({ process, steps, latents, denoise, noise });
  for await (const _ of run);
  const standardised = (timestep: number) => {
    const { signal: alpha, noise: sigma } = process.level(timestep);
    return (seen.get(timestep)! - alpha * MEAN) / spread(alpha, sigma);
  };
  return Math.abs(standardised(LOOK) - standardised(START));
}

describe.each(processes)('where the model predicts $prediction', (process) => {
  it.each([
    ['ddim', 1],
    ['euler', 1],
    ['dpmpp2m', 2],
  ] as const)(
    '%s is of order %i: with half the step the error falls by that power of two',
    async (name, order) => {
      const [coarse, fine] = [await error(name, process, 20), await error(name, process, 40)];
      expect(Math.log2(coarse / fine)).toBeCloseTo(order, 1);
    },
  );

  it('unipc is of order 3: its corrector adds one to the second', async () => {
    const [coarse, fine] = [await error('unipc', process, 20), await error('unipc', process, 40)];
    expect(Math.log2(coarse / fine)).toBeCloseTo(3, 0);
  });

  if (process.prediction === 'v') {
    it('pndm is of order 1: velocities of several levels are combined, as in diffusers', async () => {
      const [coarse, fine] = [await error('pndm', process, 50), await error('pndm', process, 100)];
      expect(Math.log2(coarse / fine)).toBeCloseTo(1, 0);
    });
    return;
  }

  it('pndm, which remembers four steps, is nearer with 20 than the others with 40', async () => {
    const others = await Promise.all(
      (['ddim', 'euler', 'dpmpp2m'] as const).map((name) => error(name, process, 40)),
    );
    expect(await error('pndm', process, 20)).toBeLessThan(Math.min(...others));
  });
});
