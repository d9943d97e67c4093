/**
 * Samplers against an exact solution, with no reference implementation between: where data is normal, x_0 ~ N(m, s²),
 * the best noise estimate is known, and along the probability flow (Song et al. 2021, equation 13) the standardised
 * sample (x_t - α_t m) / √(α_t² s² + σ_t²) stays what it was.
 */

import { describe, expect, it } from 'vitest';
import { levelAt, parseNoiseSchedule } from '../../companion/diffusion/noise-process.ts';
import { type SamplerName, samplers } from '../../companion/diffusion/samplers/index.ts';

const MEAN = 0.8;
const DEVIATION = 0.4;
const START = 999;
/** A timestep that all plans below pass: half of the way. */
const LOOK = 499;

const schedules = (['epsilon', 'v_prediction'] as const).map((predictionType) =>
  parseNoiseSchedule({
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
async function error(name: SamplerName, schedule: (typeof schedules)[number], steps: number) {
  const seen = new Map<number, number>();
  const predict = async (sample: Float32Array, timestep: number) => {
    const { alpha, sigma } = levelAt(schedule, timestep);
    seen.set(timestep, sample[0]!);
    return sample.map((x) => {
      const noise = (sigma * (x - alpha * MEAN)) / spread(alpha, sigma) ** 2;
      const x0 = (x - sigma * noise) / alpha;
      return schedule.predictionType === 'epsilon' ? noise : alpha * noise - sigma * x0;
    });
  };
  const run = samplers[name].sample({ schedule, steps, latents: Float32Array.of(1.3), predict });
  for await (const _ of run);
  const standardised = (timestep: number) => {
    const { alpha, sigma } = levelAt(schedule, timestep);
    return (seen.get(timestep)! - alpha * MEAN) / spread(alpha, sigma);
  };
  return Math.abs(standardised(LOOK) - standardised(START));
}

describe.each(schedules)('on a schedule of $predictionType', (schedule) => {
  it.each([
    ['ddim', 1],
    ['euler', 1],
    ['dpmpp2m', 2],
  ] as const)(
    '%s is of order %i: with half the step the error falls by that power of two',
    async (name, order) => {
      const [coarse, fine] = [await error(name, schedule, 20), await error(name, schedule, 40)];
      expect(Math.log2(coarse / fine)).toBeCloseTo(order, 1);
    },
  );

  it('pndm, which remembers four steps, is nearer with 20 than the others with 40', async () => {
    const others = await Promise.all(
      (['ddim', 'euler', 'dpmpp2m'] as const).map((name) => error(name, schedule, 40)),
    );
    expect(await error('pndm', schedule, 20)).toBeLessThan(Math.min(...others));
  });
});
