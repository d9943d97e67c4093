/** Rows of variants on the canvas, and masks over them. */

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../../plugin/build.ts';
import { FakeFigma } from './fake-figma.ts';

let figma: FakeFigma;

beforeAll(() => buildPlugin());
beforeEach(() => {
  figma = new FakeFigma();
  figma.run();
});

const names = (count: number) => Array.from({ length: count }, (_, index) => `Variant ${index + 1}`);
const batch = (jobId: string, count: number) =>
  figma.tell({ type: 'open-batch', jobId, names: names(count), width: 64, height: 64 }, 'batch');
const picture = (jobId: string, index: number, kind: 'preview' | 'final', record: string | null = null) =>
  figma.tell(
    { type: 'picture', jobId, index, kind, bytes: Uint8Array.of(index + 1), record },
    'picture-done',
  );
const onCanvas = () => figma.nodes.filter(({ removed }) => !removed);

describe('a batch', () => {
  it('stands in a row beside the selection, clear of what is there', async () => {
    const hero = figma.add('Hero', { x: 0, y: 40, width: 200 });
    figma.add('In the way', { x: 210, y: 0, width: 50 });
    figma.select(hero);
    await batch('job-a', 2);
    const row = onCanvas().slice(2);
    expect(row.map(({ x, y, name }) => ({ x, y, name }))).toEqual([
      { x: 284, y: 40, name: 'Variant 1' },
      { x: 372, y: 40, name: 'Variant 2' },
    ]);
  });

  it('stands on the page that it was asked for on, also where the person is on another by then', async () => {
    const hero = figma.add('Hero', { x: 0, y: 40, width: 200 });
    figma.select(hero);
    await figma.post({ type: 'keep-row', jobId: 'job-a', names: names(1), width: 64, height: 64 });
    figma.leavePage(hero);
    await batch('job-a', 1);
    await picture('job-a', 0, 'final', 'record');
    await figma.post({ type: 'close-batch', jobId: 'job-a' });
    expect(figma.complaints).toEqual([]);
    expect(onCanvas()[1]).toMatchObject({ parent: figma.page, x: 224, y: 40 });
    expect(figma.shown).toEqual([]);
  });

  it('shows previews, then finals with their record and buttons, as one step of undo', async () => {
    await batch('job-a', 2);
    await picture('job-a', 0, 'preview');
    const [first] = onCanvas();
    expect(first!.fills).toEqual([{ type: 'IMAGE', scaleMode: 'FILL', imageHash: 'hash-1' }]);
    expect(first!.relaunch).toEqual({});
    await picture('job-a', 0, 'final', 'record 0');
    await picture('job-a', 1, 'final', 'record 1');
    expect(figma.undoSteps).toBe(0);
    await figma.post({ type: 'close-batch', jobId: 'job-a' });
    expect(figma.undoSteps).toBe(1);
    expect(onCanvas().map((node) => node.getPluginData('variant'))).toEqual(['record 0', 'record 1']);
    expect(Object.keys(first!.relaunch)).toEqual(['more', 'reprompt']);
  });

  it('lets the editor work between two pictures', async () => {
    await batch('job-a', 4);
    const turns: number[] = [];
    let turn = 0;
    const editor = setInterval(() => turn++, 0);
    const createImage = figma.createImage.bind(figma);
    figma.createImage = (bytes) => {
      turns.push(turn);
      // Long enough for the editor's timer to be due.
      for (const end = performance.now() + 5; performance.now() < end; );
      return createImage(bytes);
    };
    await Promise.all([0, 1, 2, 3].map((index) => picture('job-a', index, 'final', 'r')));
    await figma.post({ type: 'close-batch', jobId: 'job-a' });
    clearInterval(editor);
    expect(new Set(turns).size).toBe(4);
  });

  it('says so when the designer deleted a placeholder', async () => {
    await batch('job-a', 2);
    onCanvas()[0]!.remove();
    expect((await picture('job-a', 0, 'final')).outcome).toBe('gone');
    expect((await picture('job-a', 1, 'final')).outcome).toBe('placed');
  });

  it('goes on after a picture that the canvas refuses', async () => {
    await batch('job-a', 1);
    const refused = await figma.tell(
      { type: 'picture', jobId: 'job-a', index: 0, kind: 'final', bytes: new Uint8Array(), record: null },
      'picture-done',
    );
    expect(refused.outcome).toBe('refused');
    expect(figma.complaints).toHaveLength(1);
  });

  it('leaves no empty placeholders behind', async () => {
    await batch('job-a', 3);
    await picture('job-a', 1, 'final', 'record');
    await figma.post({ type: 'close-batch', jobId: 'job-a' });
    expect(onCanvas()).toHaveLength(1);
  });

  it('is found again by a new run of the plugin', async () => {
    await batch('job-a', 3);
    await picture('job-a', 0, 'final', 'record');
    figma.run();
    const hello = await figma.tell({ type: 'ready' }, 'hello');
    expect(hello.openBatches).toEqual(['job-a']);
    expect((await figma.tell({ type: 'find-batch', jobId: 'job-a' }, 'batch')).placeholders).toBe(2);
    expect((await picture('job-a', 2, 'final', 'record')).outcome).toBe('placed');
  });

  it('leaves placeholders and masks that an instance has of its component', async () => {
    const card = figma.add('Card', { type: 'INSTANCE' });
    const [slot, mask] = [figma.add('Variant 1'), figma.add('Mask')];
    slot.data.set('slot', 'job-a 0');
    mask.data.set('mask', 'job-a 0 aurora');
    for (const node of [slot, mask]) node.moveTo(card);
    figma.run();
    expect((await figma.tell({ type: 'find-batch', jobId: 'job-a' }, 'batch')).placeholders).toBe(0);
    await figma.post({ type: 'close-batch', jobId: 'job-a' });
    const message = { type: 'mask', jobId: 'job-a', index: 0, concept: 'aurora', isLast: true } as const;
    await figma.post({ ...message, bytes: Uint8Array.of(9) });
    expect([figma.complaints, slot.removed, mask.removed]).toEqual([[], false, false]);
  });

  it('shows one of its pictures, and leaves a view that has it in sight', async () => {
    await batch('job-a', 2);
    for (const index of [0, 1]) {
      await picture('job-a', index, 'final', `{"format":1,"job":"job-a","picture":${index},"seed":7}`);
    }
    figma.shown = [];
    await figma.post({ type: 'reveal', jobId: 'job-a', index: 1 });
    expect(figma.selection.map(({ name }) => name)).toEqual(['Variant 2']);
    expect(figma.shown).toEqual([]);
    figma.viewport.bounds = { x: 5000, y: 0, width: 100, height: 100 };
    await figma.post({ type: 'reveal', jobId: 'job-a', index: 0 });
    expect(figma.shown).toHaveLength(1);
  });

  it('says so where none of its pictures is left', async () => {
    await figma.post({ type: 'reveal', jobId: 'job-a', index: 0 });
    expect(figma.notices).toEqual([
      'Not on this page any more. Place it on the canvas again from the panel.',
    ]);
  });

  it('is shown by its job', async () => {
    await batch('job-a', 1);
    await picture('job-a', 0, 'final', '{"job":"job-a"}');
    await figma.post({ type: 'reveal', jobId: 'job-a', index: null });
    expect(figma.shown).toHaveLength(1);
  });
});

describe('a mask', () => {
  const record = '{"format":1,"job":"job-a","picture":0,"seed":7}';
  const mask = (index: number, concept = 'aurora') =>
    figma.post({ type: 'mask', jobId: 'job-a', index, concept, bytes: Uint8Array.of(9), isLast: true });

  it('lies over its variant as a layer of its own, once however often it is asked for', async () => {
    await batch('job-a', 1);
    await picture('job-a', 0, 'final', record);
    await figma.post({ type: 'close-batch', jobId: 'job-a' });
    const [variant] = onCanvas();
    await mask(0);
    await mask(0);
    const [, layer, ...rest] = onCanvas();
    expect(rest).toEqual([]);
    expect(layer!.name).toBe('Mask of @aurora · Variant 1');
    expect([layer!.x, layer!.y, layer!.width]).toEqual([variant!.x, variant!.y, variant!.width]);
    await mask(0, 'summit');
    expect(onCanvas()).toHaveLength(3);
    expect(figma.undoSteps).toBe(4);
  });

  it('of a picture that is not on this page is told as that', async () => {
    await mask(0);
    expect(onCanvas()).toEqual([]);
    expect(figma.notices).toEqual([expect.stringContaining('Not on this page')]);
  });
});
