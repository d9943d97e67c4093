/** Pictures enlarged by the embedded model: seams, seeds, kept tiles, alpha, the record, and where a concept acts. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { summariseConcept } from '../../companion/concepts/concept-file.ts';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import type { GenerateRequest, UpscaleSpec } from '../../companion/engine/requests.ts';
import { type Picture, picture, plainPicture } from '../../companion/images/picture.ts';
import { readPngText } from '../../companion/images/records/png-text-reader.ts';
import { resizePicture } from '../../companion/images/resize.ts';
import { EMBEDDED, firstPicture, type Made, useEmbeddedModel } from './embedded-model.ts';

const engine = useEmbeddedModel();
/** As the model makes them, at 100 px: 4 tiles where it is twice as large. */
let mug: Picture;
let enlarged: Made;
let aurora: Awaited<ReturnType<typeof summariseConcept>>;

beforeAll(async () => {
  aurora = await summariseConcept(join(EMBEDDED, 'concepts', 'aurora.safetensors'));
  const prompt = resolvePrompt('@aurora on a beach', [aurora]);
  mug = await resizePicture((await firstPicture(eventsOf({ prompt }))).image, 100, 100);
  enlarged = await firstPicture(eventsOf(wish()));
});

const eventsOf = (changes: Partial<GenerateRequest>) =>
  generateOn(
    engine.model,
    engine.request({ negativePrompt: '', seed: 3, settings: { steps: 8 }, ...changes }),
  );

/** Two steps a tile. */
const wish = (changes: Partial<UpscaleSpec> = {}) =>
  ({ upscale: { picture: mug, name: 'mug', factor: 2, strength: 0.3, ...changes } }) as const;

describe('an enlarged picture', () => {
  it('has no seam where tiles meet, and is the same again for the same seed', async () => {
    const [second, other] = [
      await firstPicture(eventsOf(wish())),
      await firstPicture(eventsOf({ ...wish(), seed: 4 })),
    ];
    const { image } = enlarged;
    expect([image.width, image.height]).toEqual([200, 200]);
    expect(enlarged.png).toEqual(second.png);
    expect(image.data).not.toEqual(other.image.data);
    // Beyond what the picture itself has there. Tiles of 128 px begin at 0 and 72, and end at 128 and 200.
    const flat = await resizePicture(mug, 200, 200);
    const ratio = (at: readonly number[]) => stepAt(image, at) / stepAt(flat, at);
    const borders = [72, 128];
    const elsewhere = Array.from({ length: 198 }, (_, x) => x + 1).filter(
      (x) => !borders.some((border) => Math.abs(border - x) <= 1),
    );
    expect(ratio(borders)).toBeLessThan(1.15 * ratio(elsewhere));
    // The tones are the picture's own: reduced again, it is the picture.
    const again = await resizePicture(image, 25, 25);
    expect(difference(again, await resizePicture(mug, 25, 25))).toBeLessThan(2.5);
  });

  it('counts every tile, and says of which it is', async () => {
    const steps: { step: number; steps: number; tile: number; pass: string }[] = [];
    for await (const event of eventsOf(wish())) {
      if (event.type !== 'step') continue;
      const { step, steps: all, tile } = event;
      steps.push({ step, steps: all, tile: tile!.index, pass: tile!.pass });
    }
    // Four tiles of two steps, one to encode and one to decode.
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 16 }, (_, at) => at + 1));
    expect(steps[2]).toEqual({ step: 3, steps: 16, tile: 2, pass: 'encoding' });
    expect(steps[7]).toEqual({ step: 8, steps: 16, tile: 1, pass: 'sampling' });
    expect(steps.at(-1)).toEqual({ step: 16, steps: 16, tile: 3, pass: 'decoding' });
  });

  it.each(['encoding', 'decoding'] as const)('is stopped between two tiles while %s', async (pass) => {
    const stop = new AbortController();
    let after = 0;
    const cut = async () => {
      for await (const event of eventsOf({ ...wish(), signal: stop.signal })) {
        if (stop.signal.aborted && event.type === 'step') after++;
        if (event.type === 'step' && event.tile!.pass === pass) stop.abort();
      }
    };
    await expect(cut()).rejects.toMatchObject({ code: 'cancelled' });
    expect(after).toBe(0);
  });

  it('goes on from tiles that were kept, to the same picture', async () => {
    const keep = join(engine.folder, 'tiles');
    const stop = new AbortController();
    const cut = async () => {
      for await (const event of eventsOf({ ...wish({ keep }), signal: stop.signal })) {
        const { index, pass } = (event.type === 'step' && event.tile) || {};
        if (index === 2 && pass === 'sampling') stop.abort();
      }
    };
    await expect(cut()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(keep)).toHaveLength(2);
    let sampled = 0;
    let result: Uint8Array | undefined;
    for await (const event of eventsOf(wish({ keep }))) {
      if (event.type === 'step') sampled++;
      if (event.type === 'picture') result = event.png;
    }
    // Two of the tiles are neither encoded nor sampled again.
    expect(sampled).toBe(16 - 2 * 3);
    expect(result).toEqual(enlarged.png);
    // Tiles of another seed are none of this one's.
    sampled = 0;
    for await (const event of eventsOf({ ...wish({ keep }), seed: 5 })) if (event.type === 'step') sampled++;
    expect(sampled).toBe(16);
  });

  it('shows the concept where the product is, and the base model elsewhere', async () => {
    const prompt = resolvePrompt('@aurora on a beach', [aurora]);
    const [whole, base] = [
      await firstPicture(eventsOf({ ...wish(), prompt })),
      await firstPicture(eventsOf({ ...wish(), prompt, strength: 0 })),
    ];
    expect(whole.masks.map(({ concept }) => concept)).toEqual(['aurora']);
    const { rows, columns, values } = whole.masks[0]!;
    const shares = [0, 0];
    const counts = [0, 0];
    for (let y = 0; y < 200; y++) {
      for (let x = 0; x < 200; x++) {
        const inside =
          values[Math.floor((y * rows) / 200) * columns + Math.floor((x * columns) / 200)]! >= 0.5 ? 1 : 0;
        const at = 3 * (y * 200 + x);
        counts[inside]!++;
        for (let channel = 0; channel < 3; channel++) {
          shares[inside]! += Math.abs(whole.image.data[at + channel]! - base.image.data[at + channel]!);
        }
      }
    }
    expect(counts[0]).toBeGreaterThan(0);
    expect(shares[1]! / counts[1]!).toBeGreaterThan(1.5 * (shares[0]! / counts[0]!));
  });

  it('is the resampled picture at strength 0, and keeps alpha', async () => {
    const whole = await firstPicture(eventsOf(wish({ strength: 0 })));
    expect(whole.image).toEqual(await resizePicture(mug, 200, 200));
    const data = new Uint8Array(4 * 100 * 100).map((_, at) =>
      at % 4 < 3 ? mug.data[3 * Math.floor(at / 4) + (at % 4)]! : at < 4 * 100 * 50 ? 255 : 0,
    );
    const cut = await firstPicture(eventsOf(wish({ picture: picture(100, 100, 4, data) })));
    expect(cut.image.channels).toBe(4);
    expect(cut.image.data[3]).toBe(255);
    expect(cut.image.data.at(-1)).toBe(0);
  });

  it('fills tiles from a picture that is smaller than one, of any proportions', async () => {
    for (const [width, height] of [
      [1, 1],
      [7, 50],
      [80, 3],
    ] as const) {
      const { image } = await firstPicture(
        eventsOf(wish({ picture: plainPicture(width, height, [200, 120, 40]) })),
      );
      expect([image.width, image.height]).toEqual([2 * width, 2 * height]);
    }
  });

  it('refuses one that would be larger than a picture may be, before anything is drawn', async () => {
    const large = plainPicture(1025, 8, [0, 0, 0]);
    await expect(firstPicture(eventsOf(wish({ picture: large, factor: 4 })))).rejects.toMatchObject({
      code: 'image-size',
      message: '4 times 1025 x 8 is 4100 x 32, expected at most 4096 a side',
      advice: 'Enlarge it 2 times.',
    });
  });

  it('says in its record what it was made from', async () => {
    const out = join(engine.folder, 'out');
    const { png, file } = await firstPicture(eventsOf({ ...wish({ madeWith: 9, strength: 0 }), out }));
    expect(file).toBe(join(out, 'mug-2x.png'));
    const texts = new Map(readPngText(png).map(({ keyword, text }) => [keyword, text]));
    expect(JSON.parse(texts.get('likeness')!)).toMatchObject({
      prompt: 'a red mug on a wooden table',
      width: 200,
      settings: { upscaled: { width: 100, height: 100, factor: 2, strength: 0, seed: 9 } },
    });
    expect(texts.get('XML:com.adobe.xmp')).toContain('trainedAlgorithmicMedia');
  });
});

/** Mean step from the pixel before, over these columns and rows. */
function stepAt({ width, height, data }: Picture, at: readonly number[]): number {
  let sum = 0;
  for (const border of at) {
    for (let along = 0; along < Math.min(width, height); along++) {
      for (let channel = 0; channel < 3; channel++) {
        const across = 3 * (along * width + border) + channel;
        const down = 3 * (border * width + along) + channel;
        sum += Math.abs(data[across]! - data[across - 3]!) + Math.abs(data[down]! - data[down - 3 * width]!);
      }
    }
  }
  return sum / at.length;
}

function difference(a: Picture, b: Picture): number {
  return a.data.reduce((sum, value, at) => sum + Math.abs(value - b.data[at]!), 0) / a.data.length;
}
