import { describe, expect, it } from 'vitest';
import { fromModelRange, toModelRange } from '../../../companion/images/encode.ts';
import { compositeOver, mirrorPicture, picture, plainPicture } from '../../../companion/images/picture.ts';
import {
  jitterColour,
  jitterSquare,
  LIGHT_AUGMENTATION,
} from '../../../companion/images/references/augmentation.ts';
import { BACKGROUND_KINDS, drawBackground } from '../../../companion/images/references/background.ts';
import { prepareReference } from '../../../companion/images/references/teaching-sample.ts';
import { boxCutout, pixelAt, seeded } from '../pictures.ts';

const cutout = boxCutout(120, 120, { left: 30, top: 20, width: 60, height: 80 });

describe('prepareReference', () => {
  it('repeats by seed and differs without it', async () => {
    const sample = (seed: number) =>
      prepareReference(cutout, { size: 32, random: seeded(seed), mirror: true });
    const [first, again, other] = await Promise.all([sample(3), sample(3), sample(4)]);
    expect(again.pixels).toEqual(first.pixels);
    expect(again.mask).toEqual(first.mask);
    expect(other.pixels).not.toEqual(first.pixels);
  });

  it('shows the product where the mask is 1 and the background where it is 0', async () => {
    const { pixels, mask } = await prepareReference(cutout, {
      size: 40,
      random: seeded(1),
      augmentation: 'none',
      background: [0, 0, 255],
    });
    const plane = 40 * 40;
    const centre = 20 * 40 + 20;
    expect([mask![centre], mask![0]]).toEqual([1, 0]);
    expect([0, 1, 2].map((channel) => pixels[channel * plane]!)).toEqual([-1, -1, 1]);
    expect(pixels[centre]).toBeCloseTo(220 / 127.5 - 1, 5);
  });

  it('gives no mask for an opaque photo', async () => {
    const sample = await prepareReference(plainPicture(50, 40, [10, 20, 30]), {
      size: 16,
      random: seeded(1),
    });
    expect(sample.mask).toBeUndefined();
    expect(sample.pixels.length).toBe(3 * 16 * 16);
  });
});

describe('augmentation', () => {
  it('keeps the square of a photo inside it', () => {
    const random = seeded(9);
    for (let draw = 0; draw < 200; draw++) {
      const square = jitterSquare({ left: 50, top: 0, side: 200 }, LIGHT_AUGMENTATION, random, {
        width: 300,
        height: 200,
      });
      expect(Math.min(square.left, square.top)).toBeGreaterThanOrEqual(0);
      expect(square.left + square.side).toBeLessThanOrEqual(300);
      expect(square.top + square.side).toBeLessThanOrEqual(200);
    }
  });

  it('changes a product colour by a few levels only', () => {
    const random = seeded(5);
    for (let draw = 0; draw < 100; draw++) {
      const tinted = jitterColour(plainPicture(1, 1, [220, 40, 30]), LIGHT_AUGMENTATION, random);
      pixelAt(tinted, 0, 0).forEach((value, channel) => {
        expect(Math.abs(value - [220, 40, 30][channel]!)).toBeLessThanOrEqual(13);
      });
    }
  });

  it('mirrors left and right', () => {
    const pair = picture(2, 1, 3, Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect(Array.from(mirrorPicture(pair).data)).toEqual([4, 5, 6, 1, 2, 3]);
  });
});

describe('backgrounds', () => {
  it.each(BACKGROUND_KINDS)('%s repeats by seed', (kind) => {
    const product = { left: 10, top: 5, width: 12, height: 20 };
    const draw = (seed: number) => drawBackground(kind, 32, seeded(seed), product);
    expect(draw(2)).toEqual(draw(2));
    expect(draw(3).data).not.toEqual(draw(2).data);
  });

  it('darkens the studio floor under the product', () => {
    const product = { left: 24, top: 10, width: 16, height: 40 };
    const floor = (shadow: boolean) =>
      pixelAt(drawBackground('studio', 64, seeded(6), shadow ? product : undefined), 32, 50)[0]!;
    expect(floor(true)).toBeLessThan(0.8 * floor(false));
  });

  it('blends by straight alpha', () => {
    const half = picture(1, 1, 4, Uint8Array.of(200, 100, 0, 128));
    expect(Array.from(compositeOver(half, plainPicture(1, 1, [0, 100, 255])).data)).toEqual([100, 100, 127]);
  });
});

describe('model range', () => {
  it('puts channels in planes from -1 to 1, and comes back exactly', () => {
    const source = picture(2, 1, 3, Uint8Array.of(0, 128, 255, 1, 2, 3));
    const values = toModelRange(source);
    expect(values[0]).toBe(-1);
    expect(values[4]).toBe(1);
    expect(fromModelRange(values, 2, 1)).toEqual(source);
  });

  it('clamps what the model overshoots, and calls NaN a bug', () => {
    expect(Array.from(fromModelRange(Float32Array.of(-7, 0, 7), 1, 1).data)).toEqual([0, 128, 255]);
    expect(() => fromModelRange(Float32Array.of(0, Number.NaN, 0), 1, 1)).toThrow('internal: NaN');
  });
});
