import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../companion/images/encode.ts';
import { picture } from '../../../companion/images/picture.ts';
import { downscaledReference } from '../../../companion/images/references/reference-frame.ts';
import {
  encodeReference,
  parseReference,
  receiveReference,
} from '../../../companion/images/references/reference-image.ts';
import { LikenessError } from '../../../shared/errors.ts';
import { boxCutout } from '../pictures.ts';

const large = boxCutout(900, 900, { left: 300, top: 260, width: 400, height: 480 });

describe('a frame that is received', () => {
  it('is kept as small as teaching can use it, with what was found on it as it was sent', async () => {
    const [whole, working] = await Promise.all(
      ([undefined, 'teach'] as const).map(async (use) =>
        receiveReference(await encodePng(large), { name: 'image-one', resolution: 128, use }),
      ),
    );
    expect(whole!.pixels).toEqual(large);
    expect(working!.pixels.width).toBeLessThan(500);
    expect(working!.findings).toEqual(whole!.findings);
    expect(working!.name).toBe('image-one');
    // What the training set makes of either is the same.
    expect(await downscaledReference(working!.pixels, 128)).toBe(working!.pixels);
    expect(await downscaledReference(whole!.pixels, 128)).toEqual(working!.pixels);
  });

  it('of which nothing can be seen is refused', async () => {
    const clear = await encodePng(picture(64, 64, 4, new Uint8Array(64 * 64 * 4)));
    const received = receiveReference(clear, { label: 'the image', resolution: 128, use: 'teach' });
    await expect(received).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('the image: '),
    });
  });
});

describe('a reference in a file', () => {
  const reference = {
    name: 'image-one',
    pixels: boxCutout(20, 16, { left: 4, top: 4, width: 8, height: 8 }),
    findings: [{ code: 'blurred', severity: 'hint', advice: 'Take a sharper one.' }],
  } as const;
  const file = encodeReference(reference);

  it('is the same when it is read again', () => expect(parseReference(file)).toEqual(reference));

  it.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['is cut short', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['is longer', (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ['is empty', () => new Uint8Array()],
    [
      'is another version’s',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('LIKEREF1', 'LIKEREF9'), 'latin1'),
    ],
    ['has a header without end', (bytes) => bytes.fill(0xff, 8, 12)],
    ['has a header that is none', (bytes) => bytes.fill(0x20, 12, 20)],
  ])('that %s is refused', (_, harm) => {
    const error = (() => {
      try {
        return parseReference(harm(Buffer.from(file)));
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(LikenessError);
    expect(error).toMatchObject({ code: 'image-unknown' });
  });
});
