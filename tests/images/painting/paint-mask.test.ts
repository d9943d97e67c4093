import { describe, expect, it } from 'vitest';
import { readPaintMask } from '../../../companion/images/painting/paint-mask.ts';
import {
  coveringFrame,
  framedMask,
  layBack,
  paintingFrame,
  workingSize,
} from '../../../companion/images/painting/painting-frame.ts';
import { type Picture, picture, plainPicture } from '../../../companion/images/picture.ts';

const MODEL = { resolution: 512, unit: 64, sizes: [] };

/** Black, with a white rectangle. */
function maskOf(
  width: number,
  height: number,
  [x, y, w, h]: readonly [number, number, number, number],
): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let row = y; row < y + h; row++) {
    for (let column = x; column < x + w; column++)
      data.fill(255, (row * width + column) * 3, (row * width + column) * 3 + 3);
  }
  return picture(width, height, 3, data);
}

function patterned(width: number, height: number, channels: 3 | 4 = 3): Picture {
  const data = Uint8Array.from({ length: width * height * channels }, (_, index) => (index * 37) % 251);
  return picture(width, height, channels, data);
}

describe('a mask', () => {
  it('paints its white, and around it a soft edge of the feather and no more', () => {
    const { shares, bounds } = readPaintMask(maskOf(60, 40, [20, 10, 10, 10]), { width: 60, height: 40 }, 4);
    for (let row = 0; row < 40; row++) {
      for (let column = 0; column < 60; column++) {
        const away = Math.hypot(Math.max(20 - column, column - 29, 0), Math.max(10 - row, row - 19, 0));
        const share = shares[row * 60 + column]!;
        if (away === 0) expect(share).toBe(255);
        else if (away > 4) expect(share).toBe(0);
        else expect(share > 0 && share < 255, `${column}, ${row}`).toBe(true);
      }
    }
    expect(bounds).toEqual({ left: 16, top: 6, width: 18, height: 18 });
  });

  it('takes what JPEG leaves of black and white for them', () => {
    const data = Uint8Array.from({ length: 20 * 20 * 3 }, (_, at) => (at < 600 ? 250 : 7));
    const { shares, bounds } = readPaintMask(picture(20, 20, 3, data), { width: 20, height: 20 }, 0);
    expect(new Set(shares)).toEqual(new Set([0, 255]));
    expect(bounds).toEqual({ left: 0, top: 0, width: 20, height: 10 });
  });

  it('keeps grey of its own, and counts what is transparent as black', () => {
    const data = Uint8Array.from({ length: 20 * 20 * 4 }, (_, index) => (index % 4 === 3 ? 0 : 255));
    data.set([255, 255, 255, 255], 0);
    data.set([60, 60, 60, 255], 4);
    const { shares } = readPaintMask(picture(20, 20, 4, data), { width: 20, height: 20 }, 0);
    expect([...shares.subarray(0, 3)]).toEqual([255, 60, 0]);
  });

  it.each([
    ['another size', maskOf(30, 40, [1, 1, 5, 5]), /30 x 40 pixels, expected 60 x 40/],
    ['nothing to paint', maskOf(60, 40, [0, 0, 0, 0]), /paints nothing/],
    ['nothing to keep', maskOf(60, 40, [0, 0, 60, 40]), /keeps nothing/],
  ])('is refused with %s', (_, mask, message) => {
    expect(() => readPaintMask(mask, { width: 60, height: 40 }, 4)).toThrow(
      expect.objectContaining({ code: 'input', message: expect.stringMatching(message) }),
    );
  });
});

describe('the frame that is painted', () => {
  const maskAt = (rectangle: readonly [number, number, number, number]) =>
    readPaintMask(maskOf(1200, 800, rectangle), { width: 1200, height: 800 }, 0);

  it('has the mask with what is around it, inside of the picture', () => {
    const { region, width, height } = paintingFrame(maskAt([1000, 600, 200, 200]), MODEL);
    expect({ width, height }).toEqual({ width: 512, height: 512 });
    expect(region).toEqual({ left: 800, top: 400, width: 400, height: 400 });
  });

  it('enlarges a small mask no more than four times, and works at a size that is asked for', () => {
    expect(paintingFrame(maskAt([500, 300, 10, 10]), MODEL).region).toMatchObject({
      width: 128,
      height: 128,
    });
    const wide = paintingFrame(maskAt([500, 300, 100, 100]), MODEL, { width: 768, height: 384 });
    expect(wide).toMatchObject({ width: 768, height: 384, region: { width: 400, height: 200 } });
  });

  it('is of the sizes that the model was trained at, or of as many pixels', () => {
    expect(workingSize({ width: 1600, height: 900 }, MODEL)).toEqual({ width: 704, height: 384 });
    const sizes = [
      { width: 512, height: 512 },
      { width: 768, height: 320 },
    ];
    expect(workingSize({ width: 1600, height: 700 }, { ...MODEL, sizes })).toEqual(sizes[1]);
    expect(coveringFrame({ width: 1200, height: 800 }, { width: 512, height: 512 }).region).toEqual({
      left: 200,
      top: 0,
      width: 800,
      height: 800,
    });
  });

  it.each([3, 4] as const)(
    'is laid back without another byte outside of the mask, with %i channels',
    async (channels) => {
      const original = patterned(96, 64, channels);
      const mask = readPaintMask(maskOf(96, 64, [30, 20, 20, 16]), original, 5);
      const frame = paintingFrame(mask, { resolution: 32, unit: 8, sizes: [] });
      const painted = framedMask(mask, frame);
      expect(painted.some((value) => value === 1) && painted.some((value) => value === 0)).toBe(true);
      const result = await layBack(
        original,
        plainPicture(frame.width, frame.height, [250, 0, 0]),
        mask,
        frame,
      );
      let inside = 0;
      for (let index = 0; index < original.data.length; index++) {
        const share = mask.shares[Math.floor(index / channels)]!;
        if (share === 0) expect(result.data[index]).toBe(original.data[index]);
        if (share === 255 && index % channels === 0) {
          expect(result.data[index]).toBe(250);
          inside++;
        }
      }
      expect(inside).toBe(20 * 16);
    },
  );
});
