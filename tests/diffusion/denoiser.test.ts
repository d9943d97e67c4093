import { expect, it } from 'vitest';
import { guided } from '../../companion/diffusion/denoiser.ts';

it('moves from the unconditional half through the conditional one', () => {
  const outputs = Float32Array.of(1, 2, 3, 2);
  expect(guided(outputs, 1)).toEqual(Float32Array.of(3, 2));
  expect(guided(outputs, 0)).toEqual(Float32Array.of(1, 2));
  expect(guided(outputs, 7.5)).toEqual(Float32Array.of(16, 2));
});
