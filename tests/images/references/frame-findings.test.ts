import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../../companion/images/decode.ts';
import { type Picture, picture, plainPicture } from '../../../companion/images/picture.ts';
import { inspectFrame } from '../../../companion/images/references/frame-findings.ts';
import { boxCutout, hasPhotos, PHOTO } from '../pictures.ts';

const codes = async (source: Picture, size = 64) =>
  (await inspectFrame(source, size)).map(({ code }) => code);

/** A crisp two-tone product on transparency. */
function striped(side: number, left: number): Picture {
  const box = boxCutout(side, side, { left, top: side / 4, width: side / 2, height: side / 2 });
  for (let offset = 0; offset < box.data.length; offset += 4) {
    if ((offset / 4) % 20 < 10 && box.data[offset + 3] === 255) box.data.set([20, 30, 40], offset);
  }
  return box;
}

describe('inspectFrame', () => {
  it('has nothing to say about a sharp cut-out with air around it', async () => {
    expect(await codes(striped(200, 50))).toEqual([]);
  });

  it('names a cut-out that its frame cuts off, and the edge', async () => {
    const [finding] = await inspectFrame(striped(200, 100), 64);
    expect(finding).toMatchObject({ code: 'at-border', severity: 'problem' });
    expect(finding!.advice).toContain('right');
  });

  it('asks for a larger export of a small product, and says how large', async () => {
    const [finding] = await inspectFrame(striped(200, 50), 512);
    expect(finding!.code).toBe('too-small');
    expect(finding!.advice).toContain('export at 4.5x');
  });

  it('names one tone and an empty frame', async () => {
    expect(await codes(plainPicture(100, 100, [90, 90, 90]))).toContain('low-contrast');
    expect(await codes(picture(64, 64, 4, new Uint8Array(64 * 64 * 4)))).toEqual(['empty']);
  });

  it.skipIf(!hasPhotos)(
    'tells a blurred photo from the sharp one (skipped without ../shared/photos)',
    async () => {
      const blurred = await sharp(PHOTO).blur(20).png({ compressionLevel: 1 }).toBuffer();
      expect(await codes(await decodePicture(PHOTO), 512)).toEqual(['own-background']);
      expect(await codes(await decodePicture(blurred), 512)).toEqual(['blurred', 'own-background']);
    },
  );
});
