import { describe, expect, it } from 'vitest';
import { AdamW, type AdamWState } from '../../companion/training/adamw.ts';
import { goldenAbsent, goldenTensors, largestDifference } from '../diffusion/golden.ts';

const named = (values: Record<string, readonly number[]>) =>
  new Map(Object.entries(values).map(([name, list]) => [name, Float32Array.from(list)]));

describe('AdamW', () => {
  it.skipIf(goldenAbsent).each(['nano', 'narrow16'])(
    "%s: takes the reference's first step",
    async (model) => {
      const start = await goldenTensors(`${model}/golden/grads.safetensors`);
      const after = await goldenTensors(`${model}/golden/adamw.safetensors`);
      const names = Object.keys(after).flatMap((name) => (name.startsWith('step1.') ? [name.slice(6)] : []));
      expect(names.length).toBeGreaterThanOrEqual(8);
      const factors = new Map(names.map((name) => [name, start[name]!.data.slice()]));
      const gradients = new Map(names.map((name) => [name, start[name.replace(/[AB]$/, 'd$&')]!.data]));
      new AdamW(factors, 0.01).step(gradients, 1e-3);
      for (const [name, values] of factors) {
        expect(largestDifference(values, after[`step1.${name}`]!.data), name).toBeLessThan(2.5e-7);
        expect(largestDifference(values, start[name]!.data), name).toBeGreaterThan(9e-4);
      }
    },
  );

  it('follows the algorithm by hand', () => {
    const parameters = named({ w: [1] });
    const optimizer = new AdamW(parameters, 0.1);
    optimizer.step(named({ w: [2] }), 0.5);
    // 1 - 0.5·0.1·1 - 0.5·2/√4
    expect(parameters.get('w')![0]).toBeCloseTo(0.45, 6);
    optimizer.step(named({ w: [-1] }), 0.5);
    // m = 0.9·0.2 - 0.1, v = 0.999·0.004 + 0.001: 0.45·0.95 - 0.5·(0.08/0.19)/√(0.004996/0.001999)
    expect(parameters.get('w')![0]).toBeCloseTo(0.29433, 5);
  });

  it('goes on exactly from its state', () => {
    const gradient = (step: number) => named({ a: [Math.sin(step), 0.3], b: [step - 2] });
    const run = (parameters: Map<string, Float32Array>, state: AdamWState | undefined, steps: number[]) => {
      const optimizer = new AdamW(parameters, 0.01, state);
      for (const step of steps) optimizer.step(gradient(step), (name) => (name === 'a' ? 0.01 : 0.02));
      return optimizer.state();
    };
    const whole = named({ a: [1, 2], b: [3] });
    const parts = named({ a: [1, 2], b: [3] });
    const end = run(whole, undefined, [0, 1, 2, 3]);
    const half = structuredClone(run(parts, undefined, [0, 1]));
    expect(half.step).toBe(2);
    expect(run(parts, half, [2, 3])).toEqual(end);
    expect(parts).toEqual(whole);
  });

  it('clips all gradients together, and tells their norm', () => {
    const [clipped, plain] = [named({ a: [0], b: [0] }), named({ a: [0], b: [0] })];
    const limited = new AdamW(clipped, 0, undefined, { clipNorm: 1 });
    expect(limited.step(named({ a: [30], b: [40] }), 0.1)).toBe(50);
    const free = new AdamW(plain, 0, undefined);
    free.step(named({ a: [0.6], b: [0.8] }), 0.1);
    for (const name of ['a', 'b']) {
      const [m, expected] = [limited, free].map((optimizer) => optimizer.state().first.get(name)![0]!);
      expect(m).toBeCloseTo(expected!, 7);
      expect(clipped.get(name)![0]).toBeCloseTo(plain.get(name)![0]!, 7);
    }
  });

  it('holds a missing gradient and a state of other parameters for bugs', () => {
    expect(() => new AdamW(named({ a: [1] }), 0).step(named({}), 0.1)).toThrow(/internal: a has no values/);
    const state = new AdamW(named({ a: [1, 2] }), 0).state();
    expect(() => new AdamW(named({ a: [1] }), 0, state)).toThrow(/internal: a has 2 values/);
  });
});
