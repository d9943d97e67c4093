import { describe, expect, it } from 'vitest';
import { STABLE_DIFFUSION_SCHEDULE } from '../../bench/full-size/published-configs.ts';
import type { NoiseLevel } from '../../companion/diffusion/noise-process.ts';
import { seededNoise } from '../../companion/diffusion/random.ts';
import { SAMPLER_NAMES, samplers } from '../../companion/diffusion/samplers/index.ts';
import type { SamplerOptions, SamplingStep } from '../../companion/diffusion/samplers/sampler.ts';
import { noiseProcessOf } from '../../companion/diffusion/scheduler-config.ts';
import { largestDifference } from './golden.ts';

const process = noiseProcessOf(STABLE_DIFFUSION_SCHEDULE);

const picture = Float32Array.of(3, -2, 1, 0.5);
const latents = seededNoise(4, 7);

interface Seen {
  readonly x: Float32Array;
  readonly t: number;
  readonly level: NoiseLevel;
}

/** A model that always sees the same picture, and remembers what it was asked. */
async function run(name: (typeof SAMPLER_NAMES)[number], options: Partial<SamplerOptions>) {
  const seen: Seen[] = [];
  const steps: SamplingStep[] = [];
  const sampling = samplers[name].sample({
    process,
    steps: 10,
    latents,
    noise: (step) => seededNoise(4, 7, step + 1),
    denoise: async (x, { t, level }) => {
      seen.push({ x, t, level });
      const denoised = Float32Array.of(1, 1, 1, 1);
      return { denoised, noise: x.map((value) => (value - level.signal) / level.noise) };
    },
    ...options,
  });
  for await (const step of sampling) steps.push(step);
  return { seen, steps, last: steps.at(-1)!.latents };
}

describe.each(SAMPLER_NAMES)('%s', (name) => {
  it('starts midway from a picture with the noise of the first step that is left', async () => {
    const whole = await run(name, {});
    const { seen, steps } = await run(name, { start: { picture, strength: 0.6 } });
    // The end of the whole run; PNDM's has one evaluation more, and four of all are left out.
    expect(steps).toHaveLength(name === 'pndm' ? 7 : 6);
    expect(seen.map(({ t }) => t)).toEqual(whole.seen.slice(4).map(({ t }) => t));
    const [{ x, level }] = seen as [Seen];
    const expected = picture.map((value, index) => level.signal * value + level.noise * latents[index]!);
    expect(largestDifference(x, expected)).toBeLessThan(1e-5);
  });

  it('at strength 1 takes every step, from the picture', async () => {
    const whole = await run(name, {});
    const { seen } = await run(name, { start: { picture, strength: 1 } });
    expect(seen.map(({ t }) => t)).toEqual(whole.seen.map(({ t }) => t));
    const [{ x, level }] = seen as [Seen];
    expect(x[0]).toBeCloseTo(level.signal * 3 + level.noise * latents[0]!, 4);
  });

  it('holds a part at the level of every new sample, and the finished one at last', async () => {
    const levels: NoiseLevel[] = [];
    const hold = (x: Float32Array, level: NoiseLevel) => {
      levels.push(level);
      const kept = picture.map((value, index) => level.signal * value + level.noise * latents[index]!);
      return Float32Array.of(kept[0]!, kept[1]!, x[2]!, x[3]!);
    };
    const { seen, last } = await run(name, { hold, start: { picture, strength: 0.8 } });
    expect(levels.at(-1)).toEqual({ signal: 1, noise: 0 });
    expect([...last.subarray(0, 2)]).toEqual([3, -2]);
    expect(Math.abs(last[2]! - 1)).toBeLessThan(0.1);
    // What the model sees of the kept part is the picture with its first noise, at every step.
    for (const { x, level } of seen) {
      expect(x[0]).toBeCloseTo(level.signal * 3 + level.noise * latents[0]!, 3);
    }
  });

  it('refuses a strength that leaves no step', async () => {
    await expect(run(name, { start: { picture, strength: 0.05 } })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/no step/),
      advice: expect.stringMatching(/0\.1/),
    });
  });
});
