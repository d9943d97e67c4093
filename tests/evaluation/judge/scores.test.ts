import { expect, it } from 'vitest';
import { picture, type Rgb } from '../../../companion/images/picture.ts';
import { backgroundChange, colourHistogram, cosine, overlap } from '../../../evaluation/judge/scores.ts';

const everywhere = new Float32Array(4).fill(1);

function plain(colour: Rgb) {
  return picture(
    2,
    2,
    3,
    Uint8Array.from({ length: 12 }, (_, index) => colour[index % 3]!),
  );
}

it('finds colours alike that differ by a little light, and unlike that differ in hue', () => {
  const red = colourHistogram(plain([200, 30, 30]), everywhere);
  const lighter = colourHistogram(plain([207, 34, 34]), everywhere);
  const blue = colourHistogram(plain([30, 30, 200]), everywhere);
  expect(cosine(red, lighter)).toBeGreaterThan(0.9);
  expect(cosine(red, blue)).toBeLessThan(0.1);
  expect(red.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
});

it('counts the colours of the object alone', () => {
  const data = Uint8Array.from([200, 0, 0, 200, 0, 0, 0, 0, 200, 0, 0, 200]);
  const half = colourHistogram(picture(2, 2, 3, data), Float32Array.from([1, 1, 0, 0]));
  expect(cosine(half, colourHistogram(plain([200, 0, 0]), everywhere))).toBeCloseTo(1, 5);
});

it('measures overlap as intersection over union', () => {
  expect(overlap(Float32Array.from([1, 1, 0, 0]), Float32Array.from([0, 1, 1, 0]))).toBeCloseTo(1 / 3, 6);
  expect(overlap(new Float32Array(4), new Float32Array(4))).toBe(1);
});

it('measures change outside the objects only', () => {
  const base = plain([100, 100, 100]);
  const changed = picture(2, 2, 3, base.data.slice());
  changed.data.set([200, 100, 100], 0);
  changed.data.set([130, 100, 100], 9);
  const objects = [Float32Array.from([1, 0, 0, 0]), new Float32Array(4)];
  expect(backgroundChange(changed, base, objects)).toBeCloseTo(30 / 9, 5);
});
