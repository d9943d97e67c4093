/** A cut-out in a layout: its place, its pixels, its shadow, its reflection, and the light of a scene. */

import { describe, expect, it } from 'vitest';
import { type Picture, picture, plainPicture, type Rgb } from '../../../companion/images/picture.ts';
import { cleanScene } from '../../../companion/images/product/clean-scene.ts';
import { changedPixels, placeCutOut } from '../../../companion/images/product/placed-cut-out.ts';
import { flattened, harmonised } from '../../../companion/images/product/product-layers.ts';
import { reflectionLayer } from '../../../companion/images/product/reflection.ts';
import { sceneLight } from '../../../companion/images/product/scene-light.ts';
import { shadowLayer } from '../../../companion/images/product/shadow.ts';

const SIDE = 200;

/** A box of every colour with a clear margin and an edge of half alpha, whose colour is another's. */
function cutOut(width = 60, height = 90): Picture {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const margin = Math.min(x, y, width - 1 - x, height - 1 - y);
      if (margin < 4) continue;
      data.set(
        margin === 4 ? [255, 255, 255, 128] : [(x * 3) % 256, (y * 5) % 256, 90, 255],
        (y * width + x) * 4,
      );
    }
  }
  return picture(width, height, 4, data);
}

/** A picture of a colour for each place. */
function drawn(colour: (x: number, y: number) => Rgb): Picture {
  const data = new Uint8Array(SIDE * SIDE * 3);
  for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
    data.set(colour(pixel % SIDE, Math.floor(pixel / SIDE)), pixel * 3);
  }
  return picture(SIDE, SIDE, 3, data);
}

const layout = { width: SIDE, height: SIDE };

/** Sum of alpha in columns of a layer. */
function darkness({ width, data }: Picture, from: number, to: number): number {
  let sum = 0;
  for (let pixel = 0; pixel < data.length / 4; pixel++) {
    if (pixel % width >= from && pixel % width < to) sum += data[pixel * 4 + 3]!;
  }
  return sum;
}

describe('a placed cut-out', () => {
  it('keeps its bytes at its own size, also where a canvas rounded it by a pixel', async () => {
    const source = cutOut();
    const box = { x: 40.4 / SIDE, y: 30.3 / SIDE, width: 60.8 / SIDE, height: 89.5 / SIDE };
    const placed = await placeCutOut(source, { layout, box, fits: 'picture' });
    expect(placed.isOwnSize).toBe(true);
    for (let y = 0; y < 90; y++) {
      const row = placed.picture.data.subarray(((y + 30) * SIDE + 40) * 4, ((y + 30) * SIDE + 100) * 4);
      expect(row).toEqual(source.data.subarray(y * 240, (y + 1) * 240));
    }
  });

  it('stands in the middle on the lower third, 60 % high, or in its box', async () => {
    const { bounds } = await placeCutOut(cutOut(), { layout, fits: 'product' });
    expect(Math.abs(bounds.height - 120)).toBeLessThanOrEqual(2);
    expect(Math.abs(bounds.top + bounds.height - (SIDE * 5) / 6)).toBeLessThanOrEqual(2);
    expect(Math.abs(bounds.left + bounds.width / 2 - SIDE / 2)).toBeLessThanOrEqual(1);
    const box = { x: 0.5, y: 0.1, width: 0.5, height: 0.5 };
    const { bounds: own } = await placeCutOut(cutOut(), { layout, box, fits: 'product' });
    expect(Math.abs(own.top + own.height - 120)).toBeLessThanOrEqual(2);
    expect(own.left).toBeGreaterThan(100);
  });

  it('many times as large as the layout takes no more than what is seen of it', async () => {
    const before = process.resourceUsage().maxRSS;
    const large = { width: 3000, height: 3000 };
    // The lower right quarter of it, four times as large as the layout a side.
    const box = { x: -3, y: -3, width: 4, height: 4 };
    const { picture: placed } = await placeCutOut(cutOut(), { layout: large, box, fits: 'picture' });
    // In kilobytes: the whole has 576 MB.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(400_000);
    const at = (x: number, y: number) => [
      ...placed.data.subarray((y * 3000 + x) * 4, (y * 3000 + x) * 4 + 4),
    ];
    // A pixel of the source has 200 x 133 here; it begins at column 45 and row 67.5.
    expect(at(1100, 1066)).toEqual([(50 * 3) % 256, (75 * 5) % 256, 90, 255]);
    expect(at(2990, 2990)[3]).toBe(0);
  });

  it('is refused with its background, without anything to see, and outside of the layout', async () => {
    const place = { layout, fits: 'product' } as const;
    await expect(placeCutOut(plainPicture(20, 20, [9, 9, 9]), place)).rejects.toMatchObject({
      code: 'input',
    });
    const clear = picture(20, 20, 4, new Uint8Array(1600));
    await expect(placeCutOut(clear, place)).rejects.toMatchObject({ code: 'input' });
    const box = { x: -0.9, y: 0, width: 0.3, height: 0.3 };
    await expect(placeCutOut(cutOut(), { ...place, box, fits: 'picture' })).rejects.toThrow(/outside/);
  });
});

describe('edges', () => {
  it('lose the colour of their old background, and nothing at alpha 255 changes', async () => {
    const placed = await placeCutOut(cutOut(), {
      layout,
      box: { x: 0.2, y: 0.2, width: 0.3, height: 0.45 },
      fits: 'picture',
    });
    expect(placed.isOwnSize).toBe(true);
    const scene = plainPicture(SIDE, SIDE, [20, 40, 60]);
    const own = harmonised(placed, scene);
    const at = (y: number, x: number) => [...own.data.subarray((y * SIDE + x) * 4, (y * SIDE + x) * 4 + 4)];
    const [, , blue, alpha] = at(40 + 45, 40 + 4);
    expect(alpha).toBe(128);
    // White before; the product beside it has 90.
    expect(blue).toBeLessThan(185);
    const made = flattened([
      { name: 'scene', picture: scene, blend: 'NORMAL', opacity: 1 },
      { name: 'product', picture: own, blend: 'NORMAL', opacity: 1 },
    ]);
    expect(changedPixels(placed, made)).toBe(0);
    const spoilt = picture(SIDE, SIDE, 3, new Uint8Array(made.data));
    const inside = ((40 + 20) * SIDE + 40 + 20) * 3;
    spoilt.data[inside] = spoilt.data[inside]! ^ 1;
    expect(changedPixels(placed, spoilt)).toBe(1);
  });
});

describe('a shadow', () => {
  const place = { layout, box: { x: 0.3, y: 0.1, width: 0.4, height: 0.6 }, fits: 'product' } as const;
  const ground: Rgb = [200, 180, 160];

  it('falls away from the light', async () => {
    const placed = await placeCutOut(cutOut(), place);
    const [left, right] = [placed.bounds.left, placed.bounds.left + placed.bounds.width];
    const fromLeft = await shadowLayer(placed, { degrees: -70, ground });
    expect(darkness(fromLeft, right, SIDE)).toBeGreaterThan(2 * darkness(fromLeft, 0, left));
    const fromRight = await shadowLayer(placed, { degrees: 70, ground });
    expect(darkness(fromRight, 0, left)).toBeGreaterThan(2 * darkness(fromRight, right, SIDE));
  });

  it('is darkest at the foot, and comes to the viewer from a light behind', async () => {
    const placed = await placeCutOut(cutOut(), place);
    const foot = placed.bounds.top + placed.bounds.height;
    const middle = placed.bounds.left + Math.floor(placed.bounds.width / 2);
    const at = (layer: Picture, y: number) => layer.data[(y * SIDE + middle) * 4 + 3]!;
    const front = await shadowLayer(placed, { degrees: 0, ground });
    expect(at(front, foot)).toBeGreaterThan(120);
    expect(at(front, foot + 25)).toBeLessThan(at(front, foot) / 4);
    const behind = await shadowLayer(placed, { degrees: 180, ground });
    expect(at(behind, foot + 12)).toBeGreaterThan(at(front, foot + 12) + 30);
    expect(at(behind, SIDE - 1)).toBeLessThan(20);
  });
});

describe('a reflection', () => {
  it('mirrors the product at its foot, and fades', async () => {
    const placed = await placeCutOut(cutOut(), {
      layout,
      box: { x: 0.3, y: 0.1, width: 0.3, height: 0.45 },
      fits: 'picture',
    });
    const layer = await reflectionLayer(placed);
    const foot = placed.bounds.top + placed.bounds.height;
    const column = placed.bounds.left + 25;
    const pixel = (from: Picture, y: number) =>
      from.data.subarray((y * SIDE + column) * 4, (y * SIDE + column) * 4 + 4);
    const [mirrored, above] = [pixel(layer, foot + 10), pixel(placed.picture, foot - 11)];
    for (let channel = 0; channel < 3; channel++) {
      expect(Math.abs(mirrored[channel]! - above[channel]!)).toBeLessThan(12);
    }
    expect(pixel(layer, foot + 3)[3]).toBeGreaterThan(pixel(layer, foot + 20)[3]!);
    expect(pixel(layer, foot - 10)[3]).toBe(0);
    expect(pixel(layer, SIDE - 1)[3]).toBe(0);
  });
});

describe('the light of a scene', () => {
  const product = { left: 80, top: 60, width: 40, height: 90 };
  const seen = {
    ...layout,
    values: Float32Array.from({ length: SIDE * SIDE }, (_, pixel) => {
      const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
      return x >= 76 && x < 124 && y >= 56 && y < 154 ? 0 : 1;
    }),
  };

  it('comes from the brighter side', () => {
    const ramp = (share: number) => drawn((x) => [60 + share * x, 60 + share * x, 60 + share * x]);
    expect(sceneLight(ramp(0.9), seen, product).degrees).toBeGreaterThan(20);
    const fromLeft = drawn((x) => [240 - 0.9 * x, 240 - 0.9 * x, 240 - 0.9 * x]);
    expect(sceneLight(fromLeft, seen, product).degrees).toBeLessThan(-20);
  });

  it('comes from opposite of a shadow that was painted beside the product', () => {
    const shadowRight = drawn((x, y) =>
      x > 118 && x < 150 && y > 140 && y < 156 ? [40, 40, 40] : [190, 180, 170],
    );
    expect(sceneLight(shadowRight, seen, product).degrees).toBeLessThan(-20);
    expect(sceneLight(shadowRight, seen, product).ground[0]).toBeGreaterThan(100);
    const shadowLeft = drawn((x, y) =>
      x < 82 && x > 50 && y > 140 && y < 156 ? [40, 40, 40] : [190, 180, 170],
    );
    expect(sceneLight(shadowLeft, seen, product).degrees).toBeGreaterThan(20);
  });

  it('is from a little to the left where nothing tells it', () => {
    const { degrees, ground } = sceneLight(plainPicture(SIDE, SIDE, [120, 130, 140]), seen, product);
    expect(degrees).toBeLessThan(0);
    expect(ground.map(Math.round)).toEqual([120, 130, 140]);
  });
});

describe('a clean scene', () => {
  it('goes on behind the product: its horizon is whole, and nothing of the product is left', () => {
    const horizon = drawn((x, y) =>
      x > 60 && x < 140 && y > 50 && y < 180 ? [255, 0, 0] : y < 100 ? [90, 150, 220] : [200, 190, 150],
    );
    const known = {
      ...layout,
      values: Float32Array.from({ length: SIDE * SIDE }, (_, pixel) => {
        const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
        return x > 55 && x < 145 && y > 45 && y < 185 ? 0 : 1;
      }),
    };
    const clean = cleanScene(horizon, known);
    const at = (x: number, y: number) => [...clean.data.subarray((y * SIDE + x) * 3, (y * SIDE + x) * 3 + 3)];
    expect(at(100, 80)).toEqual([90, 150, 220]);
    expect(at(100, 120)).toEqual([200, 190, 150]);
    expect(at(10, 99)).toEqual([90, 150, 220]);
  });

  it('takes rows that are hidden over their whole width from those above and below', () => {
    const known = {
      ...layout,
      values: Float32Array.from({ length: SIDE * SIDE }, (_, pixel) => (pixel < SIDE * 150 ? 0 : 1)),
    };
    const scene = drawn((_, y) => (y < 150 ? [255, 0, 0] : [10, 200, 30]));
    expect([...cleanScene(scene, known).data.subarray(0, 3)]).toEqual([10, 200, 30]);
  });
});
