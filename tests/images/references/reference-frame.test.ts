import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../../companion/images/decode.ts';
import { latentMask, maskBounds, pictureCutoutKind } from '../../../companion/images/object-mask.ts';
import { picture, plainPicture } from '../../../companion/images/picture.ts';
import {
  downscaledReference,
  productSquare,
  referenceFrame,
} from '../../../companion/images/references/reference-frame.ts';
import { boxCutout, hasPhotos, PHOTO, pixelAt } from '../pictures.ts';

describe('referenceFrame', () => {
  it('puts a cut-out into the middle, its longest side 80 % of the frame', async () => {
    const cutout = boxCutout(300, 200, { left: 20, top: 30, width: 80, height: 40 });
    const { picture: framed, mask } = await referenceFrame(cutout, 100);
    expect([framed.width, framed.height, framed.channels]).toEqual([100, 100, 4]);
    expect(maskBounds(mask!, 100, 100)).toEqual({ left: 10, top: 30, width: 80, height: 40 });
  });

  it('extends the canvas with transparency where the frame leaves the picture', async () => {
    const cutout = boxCutout(100, 100, { left: 0, top: 0, width: 80, height: 80 });
    expect(productSquare(cutout)).toEqual({ left: -10, top: -10, side: 100 });
    const { picture: framed } = await referenceFrame(cutout, 100);
    expect(pixelAt(framed, 5, 5)[3]).toBe(0);
    expect(pixelAt(framed, 50, 50)).toEqual([220, 40, 30, 255]);
  });

  it('leaves no dark fringe where the hidden pixels are black', async () => {
    const cutout = boxCutout(300, 300, { left: 61, top: 61, width: 177, height: 177 });
    const { picture: framed } = await referenceFrame(cutout, 50);
    let edges = 0;
    for (let pixel = 0; pixel < 50 * 50; pixel++) {
      const [r, g, b, alpha] = framed.data.subarray(pixel * 4, pixel * 4 + 4);
      if (alpha! < 24 || alpha === 255) continue;
      edges++;
      expect(Math.abs(r! - 220) + Math.abs(g! - 40) + Math.abs(b! - 30)).toBeLessThan(24);
    }
    expect(edges).toBeGreaterThan(100);
  });

  it('takes the middle square of an opaque photo', () => {
    expect(productSquare(plainPicture(300, 200, [1, 2, 3]))).toEqual({ left: 50, top: 0, side: 200 });
  });

  it('takes a frame with rounded corners for opaque, and fills them white', async () => {
    const rounded = boxCutout(100, 100, { left: 0, top: 0, width: 100, height: 100 });
    rounded.data.fill(0, 0, 16); // four clear pixels in the corner
    expect(pictureCutoutKind(rounded)).toBe('opaque');
    const { picture: framed, mask } = await referenceFrame(rounded, 100);
    expect(mask).toBeUndefined();
    expect(pixelAt(framed, 0, 0)).toEqual([255, 255, 255]);
  });

  it('shows the same from a working copy, at a fraction of the pixels', async () => {
    const cutout = boxCutout(1600, 1200, { left: 200, top: 240, width: 800, height: 480 });
    const small = await downscaledReference(cutout, 50);
    expect([small.width, small.height]).toEqual([160, 120]);
    const [full, quick] = await Promise.all([referenceFrame(cutout, 50), referenceFrame(small, 50)]);
    const apart = full.mask!.map((value, index) => Math.abs(value - quick.mask![index]!));
    expect(Math.max(...apart)).toBeLessThan(40);
    expect(await downscaledReference(small, 200)).toBe(small);
  });

  it('keeps a product of thin lines whole, which would fade away in a working copy', async () => {
    const side = 1024;
    const wires = picture(side, side, 4, new Uint8Array(side * side * 4));
    for (let at = 100; at < side - 100; at++) {
      for (const line of [100, 101, 500, 501, 900, 901]) {
        wires.data.set([180, at % 255, 0, 255], (at * side + line) * 4);
        wires.data.set([180, at % 255, 0, 255], (line * side + at) * 4);
      }
    }
    const copy = await downscaledReference(wires, 64);
    expect(pictureCutoutKind(copy)).toBe('cut-out');
    expect((await referenceFrame(copy, 64)).mask!.some((value) => value > 0)).toBe(true);
  });

  it('refuses a frame where nothing is visible', async () => {
    const blank = picture(64, 64, 4, new Uint8Array(64 * 64 * 4));
    await expect(referenceFrame(blank, 32)).rejects.toMatchObject({ code: 'input' });
  });

  it.skipIf(!hasPhotos)('frames a real photo (skipped without ../shared/photos)', async () => {
    const { picture: framed, mask } = await referenceFrame(await decodePicture(PHOTO), 64);
    expect(mask).toBeUndefined();
    const [r, g, b] = pixelAt(framed, 32, 32); // the duck is yellow
    expect(Math.min(r!, g!)).toBeGreaterThan(b! + 80);
  });
});

describe('latentMask', () => {
  it('averages the area of each cell', () => {
    const mask = Float32Array.from([1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0.5, 1]);
    expect(Array.from(latentMask(mask, [4, 4], [2, 2]))).toEqual([0.75, 0, 0, 0.5]);
    expect(Array.from(latentMask(mask, [8, 2], [2, 1]))).toEqual([0.375, 0.25]);
  });

  it('calls a grid that does not divide the picture a bug', () => {
    expect(() => latentMask(new Float32Array(16), [4, 4], [3, 3])).toThrow('internal:');
  });
});
