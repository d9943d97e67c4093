/** Files and editors in which nothing may be changed: said in words, and the panel gets the answers that it waits for. */

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../../plugin/build.ts';
import type { MainToUi, UiToMain } from '../../../plugin/messages.ts';
import { FakeFigma } from './fake-figma.ts';
import type { FakeNode } from './fake-node.ts';

let figma: FakeFigma;

beforeAll(() => buildPlugin());
beforeEach(() => {
  figma = new FakeFigma();
});

describe('another editor', () => {
  it.each([
    ['dev', 'Dev Mode changes no layers'],
    ['figjam', 'works in design files'],
    ['slides', 'works in design files'],
    ['buzz', 'works in design files'],
  ])('%s is told where it is to be started', async (editorType, words) => {
    figma.editorType = editorType;
    figma.run();
    expect(figma.closedWith).toContain(words);
    expect(figma.closedWith!.length).toBeLessThanOrEqual(100);
  });
});

describe('a file that may only be looked at', () => {
  let hero: FakeNode;

  beforeEach(() => {
    const poster = figma.add('Poster', { type: 'FRAME', x: 0, y: 0, width: 800, height: 400 });
    hero = figma.add('Hero', { x: 100, y: 100, width: 400, height: 200 });
    hero.moveTo(poster);
    figma.isReadOnly = true;
    figma.run();
  });

  const bytes = Uint8Array.of(1);
  const row = { jobId: 'job-a', names: ['Variant 1'], width: 64, height: 64 };
  const refusals: readonly [UiToMain, Partial<MainToUi>][] = [
    [
      { type: 'open-batch', ...row },
      { type: 'batch', placeholders: 0 },
    ],
    [{ type: 'export-layout', exportId: 'e', nodeId: '1:1', side: 64 }, { type: 'layout-exported' }],
    [
      { type: 'export-product', exportId: 'e', nodeId: '1:1' },
      { type: 'product-exported', result: 'failed' },
    ],
  ];

  it.each(refusals)('refuses $type in words, and answers', async (message, answer) => {
    expect(await figma.tell(message, answer.type!)).toMatchObject(answer);
    expect(figma.notices).toEqual([expect.stringContaining('Check that you may edit it')]);
  });

  it('takes no fill, and none is pretended', async () => {
    const fill = { nodeId: hero.id, place: null };
    await figma.tell({ type: 'open-batch', ...row, fill }, 'batch');
    const record = '{"seed":1}';
    const picture = { type: 'picture', jobId: 'job-a', index: 0, kind: 'final', bytes, record } as const;
    expect((await figma.tell(picture, 'picture-done')).outcome).toBe('refused');
    await figma.post({ type: 'close-batch', jobId: 'job-a' });
    expect(hero.fills).toEqual([]);
  });

  it('still tells what is selected', async () => {
    figma.selection = [hero];
    expect((await figma.tell({ type: 'read-layout' }, 'layout')).area).toMatchObject({ name: 'Poster' });
    expect(figma.complaints).toEqual([]);
  });
});

describe('the test double refuses what Figma refuses:', () => {
  it.each<[what: string, act: (canvas: FakeFigma, node: ReturnType<FakeFigma['createFrame']>) => unknown]>([
    ['a side of 0', (_, node) => node.resize(0, 10)],
    ['a layer in itself', (_, node) => node.appendChild(node)],
    ['a place past the last one', (canvas, node) => canvas.currentPage.insertChild(9, node)],
    [
      'a way out of a layout that is none',
      (_, node) => Object.assign(node, { layoutPositioning: 'ABSOLUTE' }),
    ],
    [
      'axes that are longer than one',
      (_, node) =>
        Object.assign(node, {
          relativeTransform: [
            [2, 0, 0],
            [0, 1, 0],
          ],
        }),
    ],
    ['a property that there is not', (_, node) => Object.assign(node, { colour: 'red' })],
    ['a pattern without its call', (_, node) => Object.assign(node, { fills: [{ type: 'PATTERN' }] })],
    ['letters without their font', (canvas) => Object.assign(canvas.createText(), { characters: 'a' })],
    ['a second end of a layer', (_, node) => [node.remove(), node.remove()]],
  ])('%s', (_, act) => {
    expect(() => act(figma, figma.createFrame())).toThrow(/^in /);
  });

  it('what is of an instance’s component, and children of other pages before they are loaded', async () => {
    const instance = figma.add('Card', { type: 'INSTANCE' });
    figma.add('Label').moveTo(instance);
    const label = (await figma.getNodeByIdAsync('1:1'))!;
    const card = (await figma.getNodeByIdAsync('1:0')) as ReturnType<FakeFigma['createFrame']>;
    expect(() => Object.assign(label, { x: 1 })).toThrow('cannot be overridden in an instance');
    expect(() => label.remove()).toThrow('not allowed');
    expect(() => card.appendChild(figma.createFrame())).toThrow('New parent is an instance');
    Object.assign(label, { fills: [] });
    const { currentPage } = figma;
    figma.leavePage();
    expect(() => currentPage.children).toThrow('Call page.loadAsync first');
  });
});
