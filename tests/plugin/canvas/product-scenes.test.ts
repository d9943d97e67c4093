/** Scenes under a cut-out, against the plugin-API test double: its export, the frame of layers, and one step of undo each. */

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../../plugin/build.ts';
import { FakeFigma } from './fake-figma.ts';
import type { FakeNode } from './fake-node.ts';

let figma: FakeFigma;
let poster: FakeNode;
let bottle: FakeNode;

beforeAll(() => buildPlugin());
beforeEach(() => {
  figma = new FakeFigma();
  poster = figma.add('Poster', { type: 'FRAME', x: 100, y: 50, width: 800, height: 400 });
  const backdrop = figma.add('Backdrop', { x: 100, y: 50, width: 800, height: 400 });
  bottle = figma.add('Bottle', { x: 300, y: 150, width: 120, height: 240 });
  const title = figma.add('Title', { x: 110, y: 60, width: 80, height: 20 });
  for (const node of [backdrop, bottle, title]) node.moveTo(poster);
  figma.run();
  figma.begin();
});

const LAYERS = [
  { layer: 'Scene', blend: 'NORMAL', opacity: 1 },
  { layer: 'Shadow', blend: 'MULTIPLY', opacity: 0.8 },
] as const;

async function place(index: number): Promise<void> {
  for (const [at, layer] of LAYERS.entries()) {
    const bytes = Uint8Array.of(index + 1, at);
    const isLast = at === LAYERS.length - 1;
    await figma.post({
      type: 'place-scene',
      nodeId: bottle.id,
      jobId: 'job-one',
      index,
      ...layer,
      box: null,
      bytes,
      isLast,
    });
  }
}
const named = (nodes: readonly FakeNode[]) => nodes.map(({ name }) => name);
const sceneOf = () => figma.nodes.find(({ name, removed }) => name === 'Scene of Bottle' && !removed)!;

describe('a cut-out', () => {
  it('is exported at the scale of its layout, with its place in it', async () => {
    const message = { type: 'export-product', exportId: 'one', nodeId: bottle.id } as const;
    const { result } = await figma.tell(message, 'product-exported');
    expect(result).toMatchObject({
      layout: { width: 1600, height: 800 },
      box: { x: 0.25, y: 0.25, width: 0.15, height: 0.6 },
    });
    expect(bottle.exports).toMatchObject([{ constraint: { type: 'HEIGHT', value: 480 } }]);
    const gone = await figma.tell({ ...message, nodeId: '9:9' }, 'product-exported');
    expect(gone.result).toBe('gone');
    const alone = await figma.tell({ ...message, nodeId: poster.id }, 'product-exported');
    expect(alone.result).toBe('gone');
    bottle.visible = false;
    expect((await figma.tell(message, 'product-exported')).result).toBe('empty');
  });

  it('is known by the mark of its page, which a scene that is awaited finds again', async () => {
    const message = { type: 'export-product', exportId: 'image-00000001', nodeId: bottle.id } as const;
    const { result } = await figma.tell(message, 'product-exported');
    expect(result).toMatchObject({ canvas: 'image-00000001' });
    const told = await figma.tell({ type: 'read-layout' }, 'layout');
    expect(told.canvas).toBe('image-00000001');
    const row = { jobId: 'job-scenes', names: [], width: 0, height: 0, isScene: true } as const;
    await figma.post({ type: 'keep-row', ...row });
    expect((await figma.tell({ type: 'ready' }, 'hello')).waitingRows).toEqual([row]);
    figma.pageData = new Map([['canvas', 'page-of-another-document']]);
    expect((await figma.tell({ type: 'ready' }, 'hello')).waitingRows).toEqual([]);
    // What a collaborator wrote there is no mark.
    figma.pageData = new Map([['canvas', `${'x'.repeat(1000)}`]]);
    expect((await figma.tell({ type: 'read-layout' }, 'layout')).canvas).toBe('');
  });

  it('stays as it is, over a frame of layers as large as the layout, in one step of undo', async () => {
    const before = structuredClone({ ...bottle, parent: null, all: [], data: [...bottle.data] });
    await place(0);
    expect(figma.complaints).toEqual([]);
    expect(named(poster.children)).toEqual(['Backdrop', 'Scene of Bottle', 'Bottle', 'Title']);
    const scene = sceneOf();
    expect(scene).toMatchObject({ x: 0, y: 0, width: 800, height: 400, fills: [] });
    expect(scene.children).toMatchObject([
      { name: 'Scene', blendMode: 'NORMAL', opacity: 1, width: 800, height: 400 },
      { name: 'Shadow', blendMode: 'MULTIPLY', opacity: 0.8, width: 800, height: 400 },
    ]);
    expect(scene.children[1]!.fills).toMatchObject([{ type: 'IMAGE', imageHash: 'hash-2' }]);
    expect({ ...bottle, parent: null, all: [], data: [...bottle.data] }).toEqual(before);
    expect(figma.undoSteps).toBe(1);
    figma.undo();
    expect(named(poster.children)).toEqual(['Backdrop', 'Bottle', 'Title']);
  });

  it('gets another scene in place of the one before, and the one before by undo', async () => {
    await place(0);
    const first = sceneOf();
    await place(1);
    expect(named(poster.children)).toEqual(['Backdrop', 'Scene of Bottle', 'Bottle', 'Title']);
    expect(sceneOf()).not.toBe(first);
    expect(figma.undoSteps).toBe(2);
    figma.undo();
    expect(sceneOf()).toBe(first);
  });

  it('that lies loose over a frame gets its scene between the two', async () => {
    bottle.moveTo(figma.page);
    await place(0);
    await place(1);
    expect(figma.complaints).toEqual([]);
    expect(named(figma.page.children)).toEqual(['Poster', 'Scene of Bottle', 'Bottle']);
    expect(sceneOf()).toMatchObject({ x: 100, y: 50, width: 800, height: 400 });
  });

  it('that was deleted meanwhile gets none, and the person is told', async () => {
    bottle.removed = true;
    await place(0);
    expect(figma.notices).toHaveLength(1);
    expect(figma.undoSteps).toBe(0);
  });
});
