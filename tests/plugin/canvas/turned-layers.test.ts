/** Layers and layouts that are turned, mirrored, resized, left or tiny: where pictures and places come to lie in them. */

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../../plugin/build.ts';
import { type Affine, chained, inverse, ontoSize } from '../../../shared/affine.ts';
import type { FakeFigma } from './fake-figma.ts';
import type { FakeNode } from './fake-node.ts';
import { FillDriver } from './fill-driver.ts';
import { GREY, openPoster } from './poster.ts';

let driver: FillDriver;
let figma: FakeFigma;
let poster: FakeNode;
let hero: FakeNode;
let inside: ReturnType<typeof openPoster>['inside'];

beforeAll(() => buildPlugin());
beforeEach(() => {
  ({ driver, figma, poster, hero, inside } = openPoster());
});

/** Where picture points come to lie on the page, in the shares of the picture. */
function onPage(layer: FakeNode): (u: number, v: number) => readonly [number, number] {
  const [{ imageTransform }] = (layer.fills as readonly { imageTransform?: Affine }[]).slice(-1) as [
    { imageTransform: Affine },
  ];
  const toPage = chained(chained(layer.absoluteTransform, ontoSize(layer)), inverse(imageTransform));
  return (u, v) => {
    const [[a, c, e], [b, d, f]] = toPage;
    return [Math.round(a * u + c * v + e), Math.round(b * u + d * v + f)];
  };
}

describe('a layer that was turned or mirrored', () => {
  it.each<
    [what: string, turn: readonly [degrees: number, isMirrored: boolean], seen: readonly [number, number]]
  >([
    ['by 90 degrees', [90, false], [200, 400]],
    ['by 180 degrees', [180, false], [400, 200]],
    ['by −90 degrees', [-90, false], [200, 400]],
    ['left for right', [0, true], [400, 200]],
    ['by 90 degrees and left for right', [90, true], [200, 400]],
  ])('%s shows its picture upright and not mirrored', async (_, [degrees, isMirrored], [width, height]) => {
    hero.turn(degrees, isMirrored);
    expect((await driver.layout(hero)).target).toMatchObject({ width, height });
    // A square picture is cut to the layer's proportions at its middle.
    await driver.fill(hero, { count: 1, size: [512, 512] });
    const at = onPage(hero);
    const { x, y } = hero.absoluteBoundingBox;
    const side = Math.max(width, height);
    const [left, top] = [x + (width - side) / 2, y + (height - side) / 2];
    expect(at(0, 0)).toEqual([left, top]);
    expect(at(1, 0)).toEqual([left + side, top]);
    expect(at(0, 1)).toEqual([left, top + side]);
  });

  it('with the frame around it is turned back as well', async () => {
    poster.turn(90);
    expect((await driver.layout(hero)).target).toMatchObject({ width: 200, height: 400 });
  });

  it.each([10, -45, 44.9])(
    'by %d degrees keeps its tilt, with Figma’s own way of filling',
    async (degrees) => {
      hero.turn(degrees);
      expect((await driver.layout(hero)).target).toMatchObject({ width: 400, height: 200 });
      await driver.fill(hero, { count: 1 });
      expect(hero.fills).toMatchObject([GREY, { scaleMode: 'FILL' }]);
    },
  );
});

describe('while the pictures are made', () => {
  const HALF = [
    [0.5, 0, 0.25],
    [0, 0.5, 0.25],
  ] as const;

  it('a layer that was resized shows as much of its painted part as fits it undistorted', async () => {
    const { end } = await driver.make(hero, { count: 1, place: HALF, size: [1600, 800] });
    hero.resize(200, 200);
    await end();
    // A square of 400 px, at the middle of what was painted.
    expect(hero.fills).toMatchObject([
      GREY,
      {
        imageTransform: [
          [0.25, 0, 0.375],
          [0, 0.5, 0.25],
        ],
      },
    ]);
  });

  it('one that was moved or turned takes its part along', async () => {
    const { end } = await driver.make(hero, { count: 1, place: HALF, size: [1600, 800] });
    [hero.x, hero.y] = [0, 0];
    hero.turn(20);
    await end();
    expect(hero.fills).toMatchObject([GREY, { imageTransform: HALF }]);
  });

  it('one of a page that was left is filled there', async () => {
    const { end } = await driver.make(hero, { count: 1 });
    figma.leavePage();
    await end();
    expect([FillDriver.shown(hero), figma.undoSteps, figma.complaints]).toEqual([['hash-1'], 1, []]);
  });
});

describe('the layout around a layer', () => {
  const exported = async (side = 512) => {
    const message = { type: 'export-layout', exportId: 'e', nodeId: hero.id, side } as const;
    const { result } = await figma.tell(message, 'layout-exported');
    if ('fault' in result) throw new Error(result.fault);
    return result;
  };

  it('is exported turned as it lies, with the ways into that picture', async () => {
    poster.turn(90);
    const { place, layout } = await exported();
    const box = poster.absoluteBoundingBox;
    expect(box).toMatchObject({ width: 400, height: 800 });
    // The picture in a frame that was turned by a quarter is as upright as the export.
    const rounded = (affine: Affine) => affine.map((row) => row.map((part) => Number(part.toFixed(6)) + 0));
    expect(rounded(layout)).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(rounded(place)).toEqual([
      [0, 0.5, 0.25],
      [-0.5, 0, 0.75],
    ]);
  });

  it('is exported tilted, with a place of the area in it that is tilted too', async () => {
    poster.turn(30);
    const { layout } = await exported();
    const { width, height } = poster.absoluteBoundingBox;
    const [[across], [down]] = layout;
    expect(Math.atan2(down * height, across * width) * (180 / Math.PI)).toBeCloseTo(-30);
  });

  it('is not shown for a hole of which its export would have next to nothing', async () => {
    Object.assign(poster, { width: 10_000, height: 5_000 });
    Object.assign(hero, { width: 1, height: 1 });
    expect((await driver.layout(hero)).target).toMatchObject({ nodeId: hero.id, layout: null });
    Object.assign(poster, { width: 800, height: 400 });
    expect((await driver.layout(hero)).target).toMatchObject({ layout: { name: 'Poster' } });
    await exported();
    // Four pixels of its hole.
    expect(poster.exports.at(-1)!.constraint.value).toBeGreaterThanOrEqual(3200);
  });

  it('is nothing that is hidden, text or a slice', async () => {
    hero.moveTo(figma.page);
    poster.visible = false;
    for (const type of ['TEXT', 'SLICE']) figma.add(type, { type, x: 0, y: 0, width: 1000, height: 1000 });
    expect((await driver.layout(hero)).target!.layout).toBeNull();
  });

  it('that is hidden is told as that', async () => {
    poster.visible = false;
    const message = { type: 'export-layout', exportId: 'e', nodeId: hero.id, side: 512 } as const;
    expect((await figma.tell(message, 'layout-exported')).result).toEqual({ fault: 'empty', name: 'Poster' });
  });
});

describe('places of products', () => {
  const placed = async (...nodes: readonly FakeNode[]) => (await driver.layout(...nodes)).area!;

  it('in a frame that was tilted are as they are in the frame', async () => {
    const upright = await placed(hero);
    poster.turn(20);
    expect(await placed(hero)).toEqual(upright);
  });

  it('in a frame that was turned by a quarter are as they are seen', async () => {
    poster.turn(90);
    // Its right end lies above.
    expect(await placed(hero)).toMatchObject({
      ...{ width: 400, height: 800 },
      layers: [{ x: 0.25, y: 0.25, width: 0.5, height: 0.5 }],
    });
    hero.x = 0;
    expect((await placed(hero)).layers).toMatchObject([{ x: 0.25, y: 0.5, width: 0.5, height: 0.5 }]);
  });

  it('in a frame that was mirrored are as they are seen', async () => {
    hero.x = 0;
    poster.turn(0, true);
    expect((await placed(hero)).layers).toMatchObject([{ x: 0.5, y: 0.25, width: 0.5, height: 0.5 }]);
  });

  it('in groups, instances and sections are in the outermost frame; variants of a set have their own', async () => {
    expect(await placed(inside('GROUP'))).toMatchObject({ name: 'Poster' });
    expect(await placed(inside('INSTANCE'))).toMatchObject({ name: 'Poster' });
    const set = figma.add('Set', { type: 'COMPONENT_SET', x: 0, y: 0, width: 2000, height: 2000 });
    poster.type = 'COMPONENT';
    poster.moveTo(set);
    expect(await placed(hero)).toMatchObject({ name: 'Poster' });
  });
});
