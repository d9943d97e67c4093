import { describe, expect, it } from 'vitest';
import { exportSide, pictureSizeFor } from '../../shared/geometry.ts';

describe('an export', () => {
  it('is four times the model, and never more than Figma takes', () => {
    expect(exportSide(64)).toBe(256);
    expect(exportSide(512)).toBe(2048);
    expect(exportSide(2048)).toBe(4096);
  });
});

describe('the picture for a frame', () => {
  const model = { resolution: 512, sizeUnit: 64 };

  it.each([
    [
      { width: 300, height: 300 },
      { width: 512, height: 512 },
    ],
    [
      { width: 1920, height: 1080 },
      { width: 704, height: 384 },
    ],
    [
      { width: 1080, height: 1920 },
      { width: 384, height: 704 },
    ],
  ])('has its proportions and the pixels of the model: %o', (frame, size) => {
    expect(pictureSizeFor(frame, model)).toEqual(size);
  });

  it('is no banner: models repeat the object there', () => {
    expect(pictureSizeFor({ width: 5000, height: 100 }, model)).toEqual({ width: 704, height: 384 });
  });

  it.each([
    [
      { width: 1000, height: 1010 },
      { width: 1024, height: 1024 },
    ],
    [
      { width: 1920, height: 1080 },
      { width: 1344, height: 768 },
    ],
    [
      { width: 100, height: 5000 },
      { width: 640, height: 1536 },
    ],
  ])('is the trained size whose proportions are nearest, where the model has such: %o', (frame, size) => {
    const sizes = [
      { width: 1024, height: 1024 },
      { width: 1344, height: 768 },
      { width: 640, height: 1536 },
    ];
    expect(pictureSizeFor(frame, { resolution: 1024, sizeUnit: 32, sizes })).toEqual(size);
  });

  it('is a multiple of the unit for a small model too', () => {
    expect(pictureSizeFor({ width: 1.5, height: 1 }, { resolution: 64, sizeUnit: 16 })).toEqual({
      width: 80,
      height: 48,
    });
  });
});
