/** Scenes under cut-outs of real layouts: where each lies, that nothing else moves, and words where it cannot lie. */

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../../plugin/build.ts';
import type { UnitBox } from '../../../shared/geometry.ts';
import { FakeFigma } from './fake-figma.ts';
import type { FakeNode } from './fake-node.ts';

const WHITE = { type: 'SOLID', color: { r: 1, g: 1, b: 1 } } as const;

let figma: FakeFigma;
let poster: FakeNode;
let bottle: FakeNode;
let title: FakeNode;

beforeAll(() => buildPlugin());
beforeEach(() => {
  figma = new FakeFigma();
  poster = figma.add('Poster', { type: 'FRAME', x: 100, y: 50, width: 800, height: 400 });
  bottle = figma.add('Bottle', { x: 100, y: 50, width: 120, height: 240 });
  title = figma.add('Title', { type: 'TEXT', x: 220, y: 50, width: 80, height: 20 });
  for (const node of [bottle, title]) node.moveTo(poster);
  figma.run();
});

/** A layer in a frame of a kind, which lies in the poster. */
function inside(type: string, node = bottle): FakeNode {
  const card = figma.add('Card', { type, x: 100, y: 50, width: 300, height: 300 });
  card.moveTo(poster);
  node.moveTo(card);
  return card;
}

/** The poster, after something was done. */
function posterWith(act: () => unknown): FakeNode {
  act();
  return poster;
}

async function place(index = 0, box: UnitBox | null = null): Promise<void> {
  const common = { type: 'place-scene', nodeId: bottle.id, jobId: 'job-one', index, box } as const;
  const scene = { layer: 'Scene', blend: 'NORMAL', opacity: 1, bytes: Uint8Array.of(1) } as const;
  await figma.post({ ...common, ...scene, isLast: false });
  const shadow = { layer: 'Shadow', blend: 'MULTIPLY', opacity: 0.8, bytes: Uint8Array.of(2) } as const;
  await figma.post({ ...common, ...shadow, isLast: true });
}

const exported = async () => {
  const message = { type: 'export-product', exportId: 'one', nodeId: bottle.id } as const;
  return (await figma.tell(message, 'product-exported')).result;
};
const scenes = () => figma.nodes.filter(({ name, removed }) => name === 'Scene of Bottle' && !removed);
const sceneIn = ({ children }: { readonly children: readonly FakeNode[] }) =>
  children.map(({ name }) => name);
/** Everything that the designer made, as it lies. */
const designs = () =>
  figma.nodes
    .filter(({ removed, name }) => !removed && !/^Scene|Shadow/.test(name))
    .map(({ name, absoluteTransform, width, height }) => ({ name, absoluteTransform, width, height }));

describe('a scene lies exactly over its layout, under the cut-out, and moves nothing:', () => {
  it.each<[what: string, made: () => FakeNode, container: () => { readonly children: readonly FakeNode[] }]>([
    ['a frame', () => poster, () => poster],
    ['a row of layers', () => Object.assign(poster, { layoutMode: 'HORIZONTAL' }), () => poster],
    ['a grid', () => Object.assign(poster, { layoutMode: 'GRID' }), () => poster],
    [
      'a row in the poster',
      () => posterWith(() => Object.assign(inside('FRAME'), { layoutMode: 'VERTICAL' })),
      () => poster,
    ],
    ['a group on the page', () => Object.assign(poster, { type: 'GROUP' }), () => poster],
    ['a frame that was tilted', () => posterWith(() => poster.turn(20)), () => poster],
    ['a frame that was turned and mirrored', () => posterWith(() => poster.turn(90, true)), () => poster],
    [
      'a card with a ground, in the poster',
      () => Object.assign(inside('FRAME'), { fills: [WHITE] }),
      () => bottle.parent,
    ],
    ['a card without one', () => posterWith(() => inside('FRAME')), () => poster],
    ['an instance without a ground', () => posterWith(() => inside('INSTANCE')), () => poster],
    ['a main component', () => Object.assign(poster, { type: 'COMPONENT' }), () => poster],
    [
      'a frame in a section',
      () => {
        const board = figma.add('Board', { type: 'SECTION', x: 7, y: 9, width: 2000, height: 2000 });
        return posterWith(() => poster.moveTo(board));
      },
      () => poster,
    ],
    [
      'a cut-out that lies loose over a frame',
      () => posterWith(() => bottle.moveTo(figma.page)),
      () => figma.page,
    ],
  ])('%s', async (_, made, container) => {
    const layout = made();
    figma.begin();
    const [before, box] = [designs(), layout.absoluteBoundingBox];
    await place();
    expect(figma.complaints).toEqual([]);
    const [scene, ...others] = scenes();
    expect(others).toEqual([]);
    expect(scene!.absoluteTransform.flat().map((part) => Number(part.toFixed(6)) + 0)).toEqual([
      ...[1, 0, Number(box.x.toFixed(6))],
      ...[0, 1, Number(box.y.toFixed(6))],
    ]);
    expect(scene).toMatchObject({ width: box.width, height: box.height });
    const names = sceneIn(container());
    const over = names[names.indexOf('Scene of Bottle') + 1];
    expect(['Bottle', 'Card']).toContain(over);
    expect(designs()).toEqual(before);
    figma.undo();
    expect([scenes(), designs()]).toEqual([[], before]);
  });

  it('a row whose first layer is in front has it behind the cut-out, too', async () => {
    Object.assign(poster, { layoutMode: 'HORIZONTAL', itemReverseZIndex: true });
    await place();
    expect(sceneIn(poster)).toEqual(['Bottle', 'Scene of Bottle', 'Title']);
  });

  it('a component’s variant in its set', async () => {
    const set = figma.add('Set', { type: 'COMPONENT_SET', x: 50, y: 20, width: 2000, height: 2000 });
    poster.type = 'COMPONENT';
    poster.moveTo(set);
    await place();
    expect(sceneIn(poster)).toEqual(['Scene of Bottle', 'Bottle', 'Title']);
  });
});

describe('a scene that finds no place', () => {
  it.each<[why: string, what: string, made: () => unknown]>([
    ['instance', 'in an instance', () => Object.assign(poster, { type: 'INSTANCE' })],
    ['instance', 'on an instance’s ground', () => Object.assign(inside('INSTANCE'), { fills: [WHITE] })],
    ['locked', 'in a locked frame', () => Object.assign(poster, { locked: true })],
  ])(
    '(%s) %s is refused before it is painted, and in words, with nothing left behind',
    async (why, _, made) => {
      made();
      const before = designs();
      expect(await exported()).toBe(why);
      await place();
      expect(figma.notices).toEqual([expect.stringContaining(why)]);
      expect([designs(), scenes(), figma.undoSteps, figma.complaints]).toEqual([before, [], 0, []]);
    },
  );

  it('or that the canvas does not take whole, takes nothing away', async () => {
    await place();
    const [first] = scenes();
    const message = {
      type: 'place-scene',
      nodeId: bottle.id,
      jobId: 'job-two',
      index: 0,
      box: null,
    } as const;
    const layer = { layer: 'Scene', blend: 'NORMAL', opacity: 1 } as const;
    await figma.post({ ...message, ...layer, bytes: new Uint8Array(), isLast: false });
    await figma.post({ ...message, ...layer, bytes: Uint8Array.of(1), isLast: true });
    expect(scenes()).toEqual([first]);
    expect(figma.notices).toEqual([expect.stringContaining('did not take this scene')]);
  });
});

describe('a cut-out', () => {
  it('on a card’s ground is exported with its place on that', async () => {
    const card = Object.assign(inside('FRAME'), { fills: [WHITE] });
    figma.selection = [bottle];
    expect((await figma.tell({ type: 'read-layout' }, 'layout')).sceneIn).toEqual({
      name: 'Card',
      width: 300,
      height: 300,
    });
    expect(await exported()).toMatchObject({
      box: { x: 0, y: 0, width: bottle.width / card.width, height: bottle.height / card.height },
    });
  });

  it('that was moved or resized since its scene was painted gets it, with words', async () => {
    const result = await exported();
    const { box } = result as { box: UnitBox };
    await place(0, box);
    expect(figma.notices).toEqual([]);
    bottle.x += 40;
    await place(1, box);
    expect(scenes()).toHaveLength(1);
    expect(figma.notices).toEqual([expect.stringContaining('was moved or resized')]);
  });

  it('of a copied layout leaves the copy its scene', async () => {
    await place();
    // A copy has the plugin data of what it was copied from.
    const copy = figma.add('Poster', { type: 'FRAME', x: 1000, y: 50, width: 800, height: 400 });
    const sceneOfCopy = figma.add('Scene of Bottle', {
      type: 'FRAME',
      x: 1000,
      y: 50,
      width: 800,
      height: 400,
    });
    sceneOfCopy.data.set('scene', bottle.id);
    sceneOfCopy.moveTo(copy);
    await place(1);
    expect(sceneOfCopy.removed).toBe(false);
    expect(scenes()).toHaveLength(2);
  });

  it('of a page that was left gets its scenes there, one in place of the other', async () => {
    await place(0);
    figma.leavePage();
    await place(1);
    expect(figma.complaints).toEqual([]);
    expect(sceneIn(poster)).toEqual(['Scene of Bottle', 'Bottle', 'Title']);
  });
});

it('a mask lies over a variant that was put into a turned frame', async () => {
  const variant = figma.add('Variant', { x: 300, y: 100, width: 64, height: 64 });
  variant.data.set('variant', '{"format":1,"job":"job-a","picture":0,"seed":7}');
  poster.turn(30);
  variant.moveTo(poster);
  const mask = { type: 'mask', jobId: 'job-a', index: 0, concept: 'aurora', isLast: true } as const;
  await figma.post({ ...mask, bytes: Uint8Array.of(1) });
  expect(figma.nodes.at(-1)).toMatchObject({
    ...{ name: 'Mask of @aurora · Variant', parent: figma.page },
    absoluteTransform: variant.absoluteTransform,
  });
});
