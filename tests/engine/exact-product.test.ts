/** A scene around a cut-out on the embedded model: over seeds and products no pixel of the product is another. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import type { GenerateRequest, ProductInScene } from '../../companion/engine/requests.ts';
import { decodePicture } from '../../companion/images/decode.ts';
import { type Picture, plainPicture } from '../../companion/images/picture.ts';
import { placeCutOut } from '../../companion/images/product/placed-cut-out.ts';
import { flattened } from '../../companion/images/product/product-layers.ts';
import { readPngText } from '../../companion/images/records/png-text-reader.ts';
import { loadModel } from '../../companion/pipeline/loaded-model.ts';
import { type Made, useEmbeddedModel } from './embedded-model.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A tiny model for inpainting, where it lies beside the project. */
const NINE = join(ROOT, '..', 'shared', 'golden', 'inpaint9', 'pipeline');

const engine = useEmbeddedModel();

async function make(product: ProductInScene, changes: Partial<GenerateRequest> = {}, on = engine.model) {
  const prompt = resolvePrompt('on a wooden table', []);
  const request = engine.request({ prompt, seed: 3, settings: { steps: 2 }, product, ...changes });
  const pictures: Made[] = [];
  const steps: number[] = [];
  for await (const event of generateOn(on, request)) {
    if (event.type === 'picture') pictures.push(event);
    if (event.type === 'step') steps.push(event.step / event.steps);
  }
  return { pictures, steps };
}

const layout = { width: 300, height: 220 };
const cutOut = (file: string) => decodePicture(join(ROOT, 'examples', file));

/** Pixels that the cut-out covers whole, and those of them that are others in the picture. */
function compared(placed: Picture, made: Picture): { whole: number; others: number } {
  const counts = { whole: 0, others: 0 };
  for (let pixel = 0; pixel < placed.width * placed.height; pixel++) {
    if (placed.data[pixel * 4 + 3] !== 255) continue;
    counts.whole++;
    const own = placed.data.subarray(pixel * 4, pixel * 4 + 3);
    if (Buffer.compare(own, made.data.subarray(pixel * 3, pixel * 3 + 3)) !== 0) counts.others++;
  }
  return counts;
}

describe('a scene around a product', () => {
  it.each(['aurora/cutout-01.png', 'summit/cutout-02.png'])(
    'leaves every pixel of %s as it is, over seeds, in a layout of its own size',
    async (file) => {
      const picture = await cutOut(file);
      const { pictures, steps } = await make(
        { picture, layout, layers: true, reflection: 0.3 },
        { count: 2 },
      );
      const { picture: placed } = await placeCutOut(picture, { layout, fits: 'product' });
      for (const { image, product, width, height, png } of pictures) {
        expect({ width, height }).toEqual(layout);
        const { whole, others } = compared(placed, image);
        expect(whole).toBeGreaterThan(4000);
        expect(others).toBe(0);
        expect(compared(placed, await decodePicture(png)).others).toBe(0);
        expect(product!.changedPixels).toBe(0);
        expect(product!.layers.map(({ name, blend, opacity }) => [name, blend, opacity])).toEqual([
          ['scene', 'NORMAL', 1],
          ['shadow', 'MULTIPLY', 0.8],
          ['reflection', 'NORMAL', 0.3],
          ['product', 'NORMAL', 1],
        ]);
        const layers = await Promise.all(
          product!.layers.map(async ({ png: bytes, ...layer }) => ({
            ...layer,
            picture: await decodePicture(bytes),
          })),
        );
        expect(flattened(layers)).toEqual(image);
      }
      expect(pictures[0]!.image.data).not.toEqual(pictures[1]!.image.data);
      // Progress never falls within a picture, and ends whole.
      expect(steps.filter((share) => share === 1)).toHaveLength(2);
    },
  );

  it('is the same for the same seed, follows the box and the light, and says so in its record', async () => {
    const picture = await cutOut('aurora/cutout-01.png');
    const box = { x: 0.6, y: 0.3, width: 0.35, height: 0.6 };
    const product = { picture, layout, box, lightDegrees: 60, shadow: 0 } as const;
    const [first, second] = [await make(product), await make(product)];
    const { image, product: report, png } = first.pictures[0]!;
    expect(image).toEqual(second.pictures[0]!.image);
    expect(report).toMatchObject({ lightDegrees: 60, layers: [], isOwnSize: false });
    const { picture: placed } = await placeCutOut(picture, { layout, box, fits: 'product' });
    expect(compared(placed, image).others).toBe(0);
    const text = readPngText(png).find(({ keyword }) => keyword === 'likeness')!.text;
    const { settings } = JSON.parse(text) as { settings: object };
    expect(settings).toMatchObject({
      product: { box, layout, lightDegrees: 60, shadow: 0, changedPixels: 0 },
    });
  });

  it('writes its layers beside the picture', async () => {
    const out = join(engine.folder, 'out');
    await make(
      { picture: await cutOut('aurora/cutout-01.png'), layers: true },
      { out, settings: { steps: 1 } },
    );
    expect((await readdir(out)).sort()).toEqual([
      'on-a-wooden-table-3-product.png',
      'on-a-wooden-table-3-scene.png',
      'on-a-wooden-table-3-shadow.png',
      'on-a-wooden-table-3.png',
    ]);
  });

  it.skipIf(!existsSync(NINE))(
    `keeps them with a model that looks at the kept part, at any proportions${existsSync(NINE) ? '' : ' (skipped: ../shared/golden is not there)'}`,
    async () => {
      const nine = await loadModel(engine.options(NINE));
      const picture = await cutOut('aurora/cutout-01.png');
      for (const wide of [
        { width: 500, height: 120 },
        { width: 120, height: 300 },
      ]) {
        const { pictures } = await make({ picture, layout: wide }, {}, nine);
        const { image, product } = pictures[0]!;
        expect([image.width, image.height, product!.changedPixels]).toEqual([wide.width, wide.height, 0]);
      }
      await nine.pipeline.close();
    },
  );

  it('is refused beside a picture to start from', async () => {
    const init = { picture: plainPicture(64, 64, [9, 9, 9]) };
    await expect(make({ picture: await cutOut('aurora/cutout-01.png') }, { init })).rejects.toMatchObject({
      code: 'input',
    });
  });
});
