/** A layer of the designer's that pictures fill, against the plugin-API test double: fill, undo, choose another. */

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../../plugin/build.ts';
import type { FillPlan } from '../../../plugin/layout-messages.ts';
import { FakeFigma } from './fake-figma.ts';
import type { FakeNode } from './fake-node.ts';

const GREY = { type: 'SOLID', color: { r: 0.8, g: 0.8, b: 0.8 } } as const;
const STROKE = { strokes: [GREY], cornerRadius: 12, effects: [{ type: 'DROP_SHADOW' }] };

let figma: FakeFigma;
let poster: FakeNode;
let hero: FakeNode;

beforeAll(() => buildPlugin());
beforeEach(() => {
  figma = new FakeFigma();
  poster = figma.add('Poster', { type: 'FRAME', x: 100, y: 50, width: 800, height: 400 });
  hero = Object.assign(figma.add('Hero', { x: 300, y: 150, width: 400, height: 200 }), STROKE);
  hero.moveTo(poster);
  hero.fills = [GREY];
  figma.run();
  figma.begin();
});

const layout = () => figma.tell({ type: 'read-layout' }, 'layout');
async function target() {
  figma.selection = [hero];
  return (await layout()).target!;
}
const open = (jobId: string, count: number, plan: Partial<FillPlan> = {}) => {
  const names = Array.from({ length: count }, (_, index) => `Variant ${index}`);
  const fill = { nodeId: hero.id, place: null, ...plan };
  return figma.tell({ type: 'open-batch', jobId, names, width: 400, height: 200, fill }, 'batch');
};
const picture = (jobId: string, index: number, kind: 'preview' | 'final' = 'final') => {
  const record = JSON.stringify({ format: 1, job: jobId, picture: index, seed: 70 + index });
  const bytes = Uint8Array.of(index + 1);
  return figma.tell({ type: 'picture', jobId, index, kind, bytes, record }, 'picture-done');
};
async function fill(jobId: string, count: number, plan?: Partial<FillPlan>): Promise<void> {
  await open(jobId, count, plan);
  for (let index = 0; index < count; index++) await picture(jobId, index);
  await figma.post({ type: 'close-batch', jobId });
}
const choose = (jobId: string, index: number) =>
  figma.tell({ type: 'choose-fill', nodeId: hero.id, jobId, index }, 'layout');
const shown = () =>
  (hero.fills as readonly { readonly imageHash?: string; readonly visible?: boolean }[])
    .filter(({ imageHash, visible }) => imageHash !== undefined && visible !== false)
    .map(({ imageHash }) => imageHash);

describe('a layer', () => {
  it('is offered to be filled, with the layout around it', async () => {
    expect(await target()).toEqual({
      ...{ nodeId: hero.id, name: 'Hero', width: 400, height: 200 },
      ...{
        isFrame: false,
        isLocked: false,
        isEmpty: true,
        notes: [],
        layout: { nodeId: poster.id, name: 'Poster' },
        pictures: [],
      },
    });
  });

  it('is filled with all variants, one of them shown, in one step of undo', async () => {
    await fill('job-aaaa', 3);
    expect(figma.undoSteps).toBe(1);
    expect(hero.fills).toMatchObject([GREY, { scaleMode: 'FILL', visible: true }, {}, { visible: false }]);
    expect(shown()).toEqual(['hash-1']);
    expect(hero).toMatchObject({ ...STROKE, width: 400, height: 200 });
    expect(figma.nodes).toHaveLength(2);
    expect((await target()).pictures).toEqual(
      [0, 1, 2].map((index) => ({ jobId: 'job-aaaa', index, seed: 70 + index, isShown: index === 0 })),
    );
    figma.undo();
    expect(hero.fills).toEqual([GREY]);
    expect((await target()).pictures).toEqual([]);
  });

  it('is not touched before its pictures are there, so that nobody else’s step is in between', async () => {
    await open('job-aaaa', 2);
    await picture('job-aaaa', 0, 'preview');
    await picture('job-aaaa', 0);
    expect(hero.fills).toEqual([GREY]);
    expect(hero.data.size).toBe(0);
  });

  it('shows another of its pictures, each choice a step of undo', async () => {
    figma.selection = [hero];
    await fill('job-aaaa', 3);
    const { target: after } = await choose('job-aaaa', 2);
    expect(shown()).toEqual(['hash-3']);
    expect(after!.pictures.map(({ isShown }) => isShown)).toEqual([false, false, true]);
    await choose('job-aaaa', 1);
    expect(figma.undoSteps).toBe(3);
    figma.undo();
    expect(shown()).toEqual(['hash-3']);
    figma.undo();
    expect(shown()).toEqual(['hash-1']);
    figma.undo();
    expect(hero.fills).toEqual([GREY]);
  });

  it('has its choice in the document, for a panel that comes later', async () => {
    await fill('job-aaaa', 2);
    await choose('job-aaaa', 1);
    figma.run();
    const { pictures } = await target();
    expect(pictures.map(({ isShown }) => isShown)).toEqual([false, true]);
    await choose('job-aaaa', 0);
    expect(shown()).toEqual(['hash-1']);
  });

  it('is filled anew in place of what it was filled with', async () => {
    await fill('job-aaaa', 2);
    await fill('job-bbbb', 1);
    expect(hero.fills).toHaveLength(2);
    expect(shown()).toEqual(['hash-3']);
  });

  it('takes any variant as a fill, and the ones before can be chosen again', async () => {
    figma.selection = [hero];
    await fill('job-aaaa', 1);
    const use = {
      type: 'use-fill',
      nodeId: hero.id,
      jobId: 'job-bbbb',
      index: 3,
      seed: 9,
      place: null,
    } as const;
    const { target: after } = await figma.tell({ ...use, bytes: Uint8Array.of(9) }, 'layout');
    expect(figma.undoSteps).toBe(2);
    expect(after!.pictures.map(({ jobId, isShown }) => [jobId, isShown])).toEqual([
      ['job-aaaa', false],
      ['job-bbbb', true],
    ]);
    await choose('job-aaaa', 0);
    expect(shown()).toEqual(['hash-1']);
  });

  it('whose picture was taken from its fills by hand offers the others, and says what is gone', async () => {
    await fill('job-aaaa', 2);
    hero.fills = [...(hero.fills as readonly { readonly type: string }[])].slice(0, 2);
    expect((await target()).pictures).toHaveLength(1);
    await choose('job-aaaa', 1);
    expect(figma.undoSteps).toBe(1);
    expect(figma.notices).toEqual([expect.stringContaining('no longer among the fills')]);
  });

  it('that was deleted or locked meanwhile is left alone, with words', async () => {
    await open('job-aaaa', 1);
    await picture('job-aaaa', 0);
    poster.locked = true;
    expect((await target()).isLocked).toBe(true);
    await figma.post({ type: 'close-batch', jobId: 'job-aaaa' });
    expect(figma.notices[0]).toBe('“Hero” is locked. Unlock it, then use a picture as its fill.');
    poster.locked = false;
    hero.remove();
    await fill('job-bbbb', 1);
    expect(figma.notices[1]).toContain('is gone');
    expect(hero.fills).toEqual([GREY]);
    expect(figma.undoSteps).toBe(0);
  });

  it('waits for the next run of the plugin where this one is closed before the pictures are there', async () => {
    const row = {
      jobId: 'job-aaaa',
      names: ['one'],
      width: 400,
      height: 200,
      fill: { nodeId: hero.id, place: null },
    };
    await figma.post({ type: 'keep-row', ...row });
    await open('job-aaaa', 1);
    figma.run();
    expect((await figma.tell({ type: 'ready' }, 'hello')).waitingRows).toEqual([row]);
    await fill('job-aaaa', 1);
    expect(shown()).toHaveLength(1);
    expect((await figma.tell({ type: 'ready' }, 'hello')).waitingRows).toEqual([]);
  });

  it.each([
    ['a variant', () => Object.assign(hero, { data: new Map([['variant', '{}']]) })],
    ['a placeholder', () => Object.assign(hero, { data: new Map([['slot', 'job-a 0']]) })],
    ['a text', () => Object.assign(hero, { type: 'TEXT' })],
  ])('that is %s is not offered', async (_, made) => {
    figma.selection = [made()];
    expect((await layout()).target).toBeNull();
  });

  it('with a photo in it is offered as one that is not empty', async () => {
    hero.fills = [{ type: 'IMAGE', scaleMode: 'FILL', imageHash: 'photo' }];
    expect((await target()).isEmpty).toBe(false);
  });
});

describe('the layout around a layer', () => {
  const exported = async () =>
    (
      await figma.tell(
        { type: 'export-layout', exportId: 'e', nodeId: hero.id, side: 128 },
        'layout-exported',
      )
    ).result;

  it('is exported with the layer’s place in it, and a fill shows that part of the picture', async () => {
    const result = await exported();
    if ('fault' in result) throw new Error(result.fault);
    expect(poster.exports[0]!.constraint).toEqual({ type: 'WIDTH', value: 800 });
    expect(result.place).toEqual([
      [0.5, 0, 0.25],
      [0, 0.5, 0.25],
    ]);
    expect(result.layout).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    await fill('job-aaaa', 1, { place: result.place });
    expect(hero.fills).toMatchObject([GREY, { scaleMode: 'CROP', imageTransform: result.place }]);
  });

  it('is enlarged where the layer has fewer pixels than the model makes', async () => {
    await figma.tell(
      { type: 'export-layout', exportId: 'e', nodeId: hero.id, side: 1024 },
      'layout-exported',
    );
    expect(poster.exports[0]!.constraint.value).toBe(2048);
  });

  it('shows the frame’s shadow around it, and says where the frame is in that', async () => {
    poster.rendered = { width: 1000, height: 500 };
    const result = await exported();
    if ('fault' in result) throw new Error(result.fault);
    expect(result.layout).toEqual([
      [0.8, 0, 0],
      [0, 0.8, 0],
    ]);
    expect(result.place[0].map((part) => Number(part.toFixed(9)))).toEqual([0.4, 0, 0.2]);
  });

  it('has a turned layer where it lies', async () => {
    hero.turn(90);
    const result = await exported();
    if ('fault' in result) throw new Error(result.fault);
    const at = (u: number, v: number) =>
      result.place.map(([a, c, e]) => Number((a * u + c * v + e).toFixed(9)));
    // Its top left stays, and its top right is 400 px above.
    expect(at(0, 0)).toEqual([0.25, 0.25]);
    expect(at(1, 0)).toEqual([0.25, -0.75]);
  });

  it('is what a loose layer lies over, and none where the layer covers it', async () => {
    hero.moveTo(figma.page);
    expect((await target()).layout).toEqual({ nodeId: poster.id, name: 'Poster' });
    Object.assign(hero, { x: 100, y: 50, width: 800, height: 400 });
    expect((await target()).layout).toBeNull();
    expect(await exported()).toEqual({ fault: 'gone', name: '' });
  });

  it('is another layer of its section, and not the section', async () => {
    const section = figma.add('Section', { type: 'SECTION', x: 10, y: 20, width: 2000, height: 1000 });
    hero.moveTo(section);
    expect((await target()).layout).toBeNull();
    poster.moveTo(section);
    expect((await target()).layout).toMatchObject({ name: 'Poster' });
  });

  it('is none where the layer hangs outside of it', async () => {
    hero.x = 2000;
    expect((await target()).layout).toBeNull();
  });
});

describe('the area of selected layers', () => {
  const area = async (...nodes: readonly FakeNode[]) => {
    figma.selection = nodes;
    return (await layout()).area;
  };

  it('is the frame around them, or the one that is selected with them, and they are in its shares', async () => {
    const left = figma.add('Left', { x: 50, y: 250, width: 150, height: 400 });
    const hidden = { name: 'Hero', x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
    expect(await area(hero)).toMatchObject({ name: 'Poster', width: 800, height: 400, layers: [hidden] });
    expect(await area(poster)).toBeNull();
    expect(await area(left, hero)).toBeNull();
    left.moveTo(poster);
    // Cut off at the frame's edges, from left to right.
    expect((await area(hero, left))!.layers).toMatchObject([
      { name: 'Left', x: 0, y: 0.5, width: 0.125, height: 0.5 },
      { name: 'Hero' },
    ]);
    expect((await area(poster, hero))!.layers).toHaveLength(1);
  });

  it('is not told of more layers than a picture has places', async () => {
    const many = Array.from({ length: 18 }, (_, at) =>
      figma.add(`Dot ${at}`, { x: 300 + 20 * at, y: 100, width: 9, height: 9 }),
    );
    for (const dot of many) dot.moveTo(poster);
    expect((await area(...many.slice(1)))!.layers).toHaveLength(17);
    expect(await area(...many)).toBeNull();
  });

  it('takes a turned layer by the box around it', async () => {
    hero.turn(90);
    hero.y = 400;
    expect((await area(hero))!.layers).toMatchObject([{ x: 0.25, y: 0, width: 0.25, height: 1 }]);
  });
});
