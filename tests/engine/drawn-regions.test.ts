/** Drawn regions and places, with the embedded model's own concepts. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { summariseConcept } from '../../companion/concepts/concept-file.ts';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import { layProducts, withOwnPixels } from '../../companion/engine/generation/product-layout.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import type { Picture } from '../../companion/images/picture.ts';
import { placeWeights, regionShares, sideBySide } from '../../companion/localization/drawn-region.ts';
import { type LoadedModel, loadModel } from '../../companion/pipeline/loaded-model.ts';
import { EMBEDDED, firstPicture, type Made, useEmbeddedModel } from './embedded-model.ts';

const engine = useEmbeddedModel();
const concept = (name: string) => join(EMBEDDED, 'concepts', `${name}.safetensors`);

async function make(
  prompt: string,
  changes: Partial<GenerateRequest> = {},
  { on = engine.model, stepped }: { on?: LoadedModel; stepped?: () => void } = {},
): Promise<Made> {
  const known = await Promise.all(['aurora', 'summit'].map((name) => summariseConcept(concept(name))));
  const request = engine.request({ prompt: resolvePrompt(prompt, known), ...changes });
  return firstPicture(generateOn(on, request), stepped);
}

const REGION = { concept: 'aurora', x: 0.25, y: 0.25, width: 0.5, height: 0.5 };

describe('a concept of strength 0', () => {
  it.each([
    ['by the request', { strength: 0 }],
    ['by its region', { regions: [{ ...REGION, strength: 0 }] }],
    ['by its region, with the rest kept', { regions: [{ ...REGION, strength: 0 }], keepRest: true }],
  ] as const)('is the base model, bit for bit: %s', async (_, changes) => {
    const base = await make('@aurora on a beach', { settings: { mask: 'off' } });
    expect((await make('@aurora on a beach', changes)).image.data).toEqual(base.image.data);
  });
});

describe('a drawn region', () => {
  it.each(['adaptive', 'median', 'full'] as const)(
    'leaves the rest to the base model byte for byte, with the mask %s',
    async (mask) => {
      const base = await make('@aurora on a beach', { strength: 0 });
      const made = await make('@aurora on a beach', {
        regions: [REGION],
        keepRest: true,
        settings: { mask },
      });
      let changed = 0;
      for (const [index, value] of made.image.data.entries()) {
        const [x, y] = [Math.floor(index / 3) % 128, Math.floor(index / 3 / 128)];
        const inside = x >= 32 && x < 96 && y >= 32 && y < 96;
        if (!inside) expect(value).toBe(base.image.data[index]);
        else if (value !== base.image.data[index]) changed++;
      }
      expect(changed).toBeGreaterThan(1000);
    },
  );

  it('keeps the scene by default, and not half of a product that the base model drew beside it', async () => {
    const base = (await make('@aurora on a beach', { strength: 0 })).image.data;
    const changedOutside = async ({ x, y, width, height }: typeof REGION, keepRest?: boolean) => {
      const regions = [{ concept: 'aurora', x, y, width, height }];
      const { data } = (await make('@aurora on a beach', { regions, keepRest })).image;
      let changed = 0;
      for (let pixel = 0; pixel < 128 * 128; pixel++) {
        const [across, down] = [(pixel % 128) / 128, Math.floor(pixel / 128) / 128];
        if (across >= x && across < x + width && down >= y && down < y + height) continue;
        if ([0, 1, 2].some((channel) => data[3 * pixel + channel] !== base[3 * pixel + channel])) changed++;
      }
      return changed / 128 ** 2;
    };
    expect(await changedOutside({ ...REGION, x: 1 / 16, y: 1 / 16, width: 7 / 8, height: 7 / 8 })).toBe(0);
    const narrow = { ...REGION, x: 0, width: 3 / 8 };
    const [usual, free] = [await changedOutside(narrow), await changedOutside(narrow, false)];
    expect(usual).toBeGreaterThan(0.05);
    expect(usual).toBeLessThan(0.8 * free);
  });

  it('is refused for a concept that the prompt does not mention, and where nothing is left to keep', async () => {
    await expect(make('a beach', { regions: [REGION] })).rejects.toMatchObject({ code: 'input' });
    await expect(make('@aurora on a beach', { keepRest: true })).rejects.toMatchObject({ code: 'input' });
  });

  it('is 0 outside of its rectangles, and 1 well within', () => {
    const shares = regionShares([{ x: 0, y: 0.25, width: 0.5, height: 0.5 }], 1 / 16, {
      height: 16,
      width: 16,
    });
    for (const [cell, share] of shares.entries()) {
      const [row, column] = [Math.floor(cell / 16), cell % 16];
      if (row < 4 || row >= 12 || column >= 8) expect(share).toBe(0);
      if (row >= 6 && row < 10 && column < 6) expect(share).toBe(1);
    }
  });
});

function inSquare(side: number, colourOf: (pixel: number) => readonly number[]): Picture {
  const colours = Array.from({ length: side * side }, (_, pixel) => colourOf(pixel));
  const channels = colours[0]!.length as 3 | 4;
  return { width: side, height: side, channels, data: Uint8Array.from(colours.flat()) };
}

describe('places of several concepts', () => {
  it('divide the picture between them, softly', () => {
    const grid = { height: 16, width: 16 };
    const weights = placeWeights(sideBySide(2), grid);
    for (let cell = 0; cell < 256; cell++) expect(weights[0]![cell]! + weights[1]![cell]!).toBeCloseTo(1, 5);
    expect(weights[0]![0]).toBeGreaterThan(0.99);
    expect(weights[0]![15]).toBeLessThan(0.01);
  });

  it.each([
    ['a half, as large as it', sideBySide(2)[0]!, { left: 2, right: 62 }],
    ['a low, narrow place', { x: 0.5, y: 0.5, width: 0.25, height: 0.5 }, { left: 65, right: 95 }],
  ])('show a product whole in %s', async (_, place, { left, right }) => {
    // Red, 64 of 128 pixels wide and high, in the middle of a green picture.
    const side = 128;
    const inMiddle = (pixel: number) =>
      [pixel % side, Math.floor(pixel / side)].every((at) => at >= 32 && at < 96);
    const product = inSquare(side, (pixel) => (inMiddle(pixel) ? [255, 0, 0] : [0, 255, 0]));
    const cutOut = inSquare(side, (pixel) => (inMiddle(pixel) ? [255, 0, 0, 255] : [255, 0, 0, 0]));
    const cells = { height: 16, width: 16 };
    const weights = new Float32Array(256).fill(1);
    const layout = await layProducts([{ picture: product, cutOut, place, weights }], cells);
    const { data } = layout.picture;
    const reds = [...Array(side * side).keys()].filter((pixel) => data[3 * pixel]! > 127);
    const columns = reds.map((pixel) => pixel % side);
    const rows = reds.map((pixel) => Math.floor(pixel / side));
    const [first, last] = [Math.min(...columns), Math.max(...columns)];
    expect(first).toBeGreaterThanOrEqual(left);
    expect(last).toBeLessThan(right);
    expect(last - first).toBeGreaterThan(0.7 * (right - left));
    expect(Math.abs(Math.max(...rows) - Math.min(...rows) - (last - first))).toBeLessThanOrEqual(2);
    // Where it stood, or as near to that as the place is.
    expect(Math.max(...rows)).toBeGreaterThan(93);
    // And it has its own pixels in any scene, which keeps its own beyond the product.
    const scene = withOwnPixels(
      inSquare(side, () => [9, 9, 9]),
      layout,
    );
    const solid = reds.filter((pixel) => layout.cutOuts!.data[4 * pixel + 3] === 255);
    // All but a line or two of pixels at its edges.
    expect(solid.length).toBeGreaterThan(0.7 * reds.length);
    for (const pixel of solid) expect(scene.data[3 * pixel]).toBe(data[3 * pixel]);
    expect([...scene.data.slice(0, 30)]).toEqual(Array(30).fill(9));
    const held = [...layout.products.keys()].filter((cell) => layout.products[cell]! > 0.99);
    expect(held.length).toBeGreaterThan(reds.length / 64 / 2);
    for (const cell of held)
      expect(data[3 * ((Math.floor(cell / 16) * 8 + 4) * side + (cell % 16) * 8 + 4)]).toBeGreaterThan(127);
  });

  it('hold nothing of a neighbour in a product, up to its edge and whatever lies behind its own', async () => {
    const side = 128;
    const [red, blue] = [
      [255, 0, 0],
      [0, 0, 255],
    ] as const;
    const inMiddle = (pixel: number) =>
      [pixel % side, Math.floor(pixel / side)].every((at) => at >= 32 && at < 96);
    const cells = { height: 16, width: 16 };
    const weights = placeWeights(sideBySide(2), cells);
    const layout = await layProducts(
      [red, blue].map((colour, index) => ({
        picture: inSquare(side, (pixel) => (inMiddle(pixel) ? colour : [0, 255, 0])),
        cutOut: inSquare(side, (pixel) => [...colour, inMiddle(pixel) ? 255 : 0]),
        place: sideBySide(2)[index]!,
        weights: weights[index]!,
      })),
      cells,
    );
    const scene = withOwnPixels(
      inSquare(side, () => [9, 9, 9]),
      layout,
    );
    const own = layout.cutOuts!.data;
    const solid = [...Array(side * side).keys()].filter((pixel) => own[4 * pixel + 3] === 255);
    expect(solid.length).toBeGreaterThan(2 * 50 * 50);
    for (const pixel of solid) {
      const colour = pixel % side < side / 2 ? red : blue;
      expect([...scene.data.subarray(3 * pixel, 3 * pixel + 3)]).toEqual([...colour]);
    }
  });

  it('give each its mask in its own half, by default and not by words', async () => {
    const made = await make('@aurora and @summit on a beach', { settings: { steps: 6 } });
    expect(made.masks.map(({ concept: name }) => name)).toEqual(['aurora', 'summit']);
    for (const [index, { values, columns }] of made.masks.entries()) {
      const inHalf = (half: number) =>
        values.reduce(
          (sum, value, cell) => sum + (Math.floor((2 * (cell % columns)) / columns) === half ? value : 0),
          0,
        );
      expect(inHalf(index)).toBeGreaterThan(4 * inHalf(1 - index));
    }
    const words = await make('@aurora and @summit on a beach', { together: 'words', settings: { steps: 6 } });
    expect(words.image.data).not.toEqual(made.image.data);
  });

  it('are moved for the steps of the scene alone, with the same result as from the start', async () => {
    const prompt = '@aurora and @summit on grass';
    const stepsOf = async (changes: Partial<GenerateRequest>, on = engine.model) => {
      let taken = 0;
      const made = await make(prompt, changes, { on, stepped: () => taken++ });
      return { taken, data: made.image.data };
    };
    const regions = [REGION, { ...REGION, concept: 'summit', x: 0 }];
    const [first, moved] = [await stepsOf({}), await stepsOf({ regions })];
    expect([first.taken, moved.taken]).toEqual([4 + 4 + 2, 2]);
    const afresh = await loadModel(engine.options());
    expect(await stepsOf({ regions }, afresh)).toEqual({ taken: 10, data: moved.data });
    await afresh.pipeline.close();
  });

  it('are made in one step where the model takes no more', async () => {
    expect((await make('@aurora and @summit on grass', { settings: { steps: 1 } })).masks).toHaveLength(2);
  });
});
