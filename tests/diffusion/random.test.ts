import { describe, expect, it } from 'vitest';
import { philox } from '../../companion/diffusion/philox.ts';
import { Random, seededNoise } from '../../companion/diffusion/random.ts';

describe('philox', () => {
  // The known answers that the authors publish with their code (Random123, kat_vectors).
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ] as const)('%j under key %j', (counter, key, words) => {
    const hex = philox(counter, key).map((word) => word.toString(16).padStart(8, '0'));
    expect(hex.join(' ')).toBe(words);
  });
});

describe('picture noise', () => {
  it('is the same for the same seed, at any length', () => {
    expect(seededNoise(10, 8)).toEqual(seededNoise(10, 8));
    expect(seededNoise(7, 8)).toEqual(seededNoise(10, 8).slice(0, 7));
  });

  it('differs between streams and between seeds beyond 32 bits', () => {
    expect(seededNoise(4, 7, 1)).not.toEqual(seededNoise(4, 7, 2));
    expect(seededNoise(4, 7)).not.toEqual(seededNoise(4, 7 + 2 ** 32));
  });

  it('stays what it is from version to version', () => {
    expect(Array.from(seededNoise(4, 42))).toEqual([
      -0.9701898097991943, 0.19401895999908447, -1.2356207370758057, 1.9239267110824585,
    ]);
  });

  it('is Gaussian: mean, variance, skew, kurtosis, tail, neighbours', () => {
    const noise = seededNoise(100_000, 1);
    expectMoments(noise);
    const tail = noise.filter((value) => Math.abs(value) > 2).length / noise.length;
    expect(tail).toBeCloseTo(0.0455, 2);
    const lag = noise.reduce((sum, value, index) => sum + value * (noise[index + 1] ?? 0), 0) / noise.length;
    expect(Math.abs(lag)).toBeLessThan(0.015);
  });
});

describe('Random', () => {
  it('stays what it is from version to version', () => {
    const random = new Random(42);
    expect([random.uniform(), random.integer(1000), random.gaussian()]).toEqual([
      0.1260315820118052, 123, -1.6980742441897303,
    ]);
    expect(random.shuffled(['a', 'b', 'c', 'd', 'e']).join('')).toBe('cdabe');
  });

  it('draws evenly and normally', () => {
    const random = new Random(11);
    const counts = [0, 0, 0, 0, 0];
    for (let draw = 0; draw < 20_000; draw++) counts[random.integer(5)]! += 1;
    for (const count of counts) expect(Math.abs(count - 4000)).toBeLessThan(240);
    expectMoments(random.gaussians(100_000));
    const firsts = { a: 0, b: 0, c: 0 };
    for (let draw = 0; draw < 3000; draw++) firsts[random.shuffled(['a', 'b', 'c'] as const)[0]!] += 1;
    for (const count of Object.values(firsts)) expect(Math.abs(count - 1000)).toBeLessThan(110);
  });
});

/** Bounds are about four standard errors at 100,000 draws. */
function expectMoments(values: Float32Array): void {
  const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  expect(Math.abs(moment(1))).toBeLessThan(0.013);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.018);
  expect(Math.abs(moment(3))).toBeLessThan(0.05);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.13);
}
