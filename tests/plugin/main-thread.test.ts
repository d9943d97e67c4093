import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildPlugin } from '../../plugin/build.ts';
import { exportSide } from '../../shared/geometry.ts';
import { pngSize } from '../../shared/image-kind.ts';
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

describe('a start', () => {
  it('tells the pairing of this user, and which button was pressed', async () => {
    figma.stored.set('pairing', 'a token');
    figma.command = 'reprompt';
    expect(await figma.tell({ type: 'ready' }, 'hello')).toEqual({
      type: 'hello',
      command: 'reprompt',
      pairing: 'a token',
      openBatches: [],
      waitingRows: [],
      draft: null,
    });
  });

  it('keeps the pairings', async () => {
    await figma.post({ type: 'store-pairing', pairing: 'new' });
    expect(figma.stored.get('pairing')).toBe('new');
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

describe('a waiting row', () => {
  const row = { jobId: 'job-a', names: names(2), width: 64, height: 48 };
  const told = async () => {
    figma.run();
    return (await figma.tell({ type: 'ready' }, 'hello')).waitingRows;
  };

  it('is there for the next run on its page, until it is opened or forgotten', async () => {
    await figma.post({ type: 'keep-row', ...row });
    await figma.post({ type: 'keep-row', ...row, jobId: 'job-b' });
    expect(await told()).toEqual([row, { ...row, jobId: 'job-b' }]);
    await figma.tell({ type: 'open-batch', ...row }, 'batch');
    expect(await told()).toEqual([{ ...row, jobId: 'job-b' }]);
    await figma.post({ type: 'forget-row', jobId: 'job-b' });
    expect(await told()).toEqual([]);
  });

  it('is not there in another document, and adds no step of undo', async () => {
    await figma.post({ type: 'keep-row', ...row });
    expect(figma.undoSteps).toBe(0);
    figma.pageData = new Map();
    expect(await told()).toEqual([]);
    await figma.post({ type: 'keep-row', ...row, jobId: 'job-c' });
    expect(await told()).toEqual([{ ...row, jobId: 'job-c' }]);
  });
});

describe('the selection', () => {
  it('is told with a thumbnail for each frame', async () => {
    const wide = figma.add('Wide', { width: 800, height: 200 });
    const tall = figma.add('Tall', { width: 100, height: 300 });
    figma.select(wide, tall);
    expect((await figma.next('selection', 0)).frames).toEqual([
      { nodeId: wide.id, name: 'Wide', width: 800, height: 200, isVariant: false },
      { nodeId: tall.id, name: 'Tall', width: 100, height: 300, isVariant: false },
    ]);
    await vi.waitFor(() => expect(figma.heard.filter(({ type }) => type === 'thumbnail')).toHaveLength(2));
    expect(wide.exports[0]?.constraint).toEqual({ type: 'WIDTH', value: 128 });
    expect(tall.exports[0]?.constraint).toEqual({ type: 'HEIGHT', value: 128 });
  });

  it('tells once for many quick changes', async () => {
    const node = figma.add('Frame');
    for (let change = 0; change < 20; change++) figma.select(node);
    await figma.next('selection', 0);
    await wait(200);
    expect(figma.heard.filter(({ type }) => type === 'selection')).toHaveLength(1);
  });

  it('tells how a single selected variant was made', async () => {
    const node = figma.add('Variant');
    node.setPluginData('variant', '{"format":1}');
    figma.select(node);
    expect((await figma.next('selection', 0)).record).toBe('{"format":1}');
  });
});

describe('an export', () => {
  it('gives sRGB PNGs, one a message, and names what could not be rendered', async () => {
    const [front, empty] = [figma.add('Front'), figma.add('Empty')];
    const nodeIds = [front.id, empty.id, 'deleted'];
    const done = await figma.tell(
      { type: 'export', exportId: 'e', nodeIds, longestSide: 256 },
      'export-done',
    );
    expect(done.failed).toEqual([
      { nodeId: empty.id, name: 'Empty', fault: 'failed' },
      { nodeId: 'deleted', name: '', fault: 'gone' },
    ]);
    expect(figma.heard.filter(({ type }) => type === 'exported')).toHaveLength(1);
    expect(front.exports).toEqual([
      { format: 'PNG', colorProfile: 'SRGB', constraint: { type: 'WIDTH', value: 256 } },
    ]);
  });
});

interface Layer {
  readonly width: number;
  readonly height: number;
  readonly rendered: readonly [width: number, height: number] | null;
  readonly drawn?: readonly [width: number, height: number];
}

interface FigmaCase {
  readonly id: string;
  readonly kind: string;
  readonly input: { readonly layer: Layer; readonly modelResolution: number };
  readonly must: { readonly image: readonly [number, number] };
}

const CASES = fileURLToPath(new URL('../../../shared/cases/cases.json', import.meta.url));
const cases = (existsSync(CASES) ? (JSON.parse(readFileSync(CASES, 'utf8')) as FigmaCase[]) : []).filter(
  ({ kind }) => kind === 'figma',
);

const sized = ([width, height]: readonly [number, number]) => ({ width, height });

/** Size of the picture that the UI gets of a layer, or the fault; and how often it was rendered. */
async function exported({ width, height, rendered, drawn }: Layer, longestSide: number) {
  const layer = figma.add('Pen', {
    ...{ width, height, rendered: rendered && sized(rendered) },
    ...(drawn && { drawn: sized(drawn) }),
  });
  const done = await figma.tell(
    { type: 'export', exportId: 'e', nodeIds: [layer.id], longestSide },
    'export-done',
  );
  const picture = figma.heard.find((message) => message.type === 'exported');
  const size = picture?.type === 'exported' ? pngSize(picture.bytes) : undefined;
  return {
    image: size && [size.width, size.height],
    fault: done.failed[0]?.fault,
    renderings: layer.exports.length,
  };
}

describe('the size of an export is of what is seen:', () => {
  it.each<[what: string, layer: Layer, image: readonly [number, number]]>([
    ['as it is', { width: 400, height: 20, rendered: [400, 20] }, [512, 26]],
    ['turned by 90 degrees', { width: 400, height: 20, rendered: [20, 400] }, [26, 512]],
    ['turned by 45 degrees', { width: 400, height: 20, rendered: [297, 297] }, [512, 512]],
    ['with a long shadow', { width: 100, height: 100, rendered: [100, 300] }, [171, 512]],
    ['a line, seen by its stroke', { width: 400, height: 0, rendered: [400, 4] }, [512, 5]],
    ['a hundredth of a pixel', { width: 0.01, height: 0.01, rendered: [0.01, 0.01] }, [512, 512]],
    ['very long and thin', { width: 1e5, height: 10, rendered: [1e5, 10] }, [512, 1]],
    ['huge', { width: 1e5, height: 1e5, rendered: [1e5, 1e5] }, [512, 512]],
  ])('%s', async (_what, layer, image) => {
    expect(await exported(layer, 512)).toEqual({ image, fault: undefined, renderings: 1 });
  });

  it('is measured again where the picture is none of that size', async () => {
    const layer = { width: 400, height: 20, rendered: [400, 20], drawn: [20, 400] } as const;
    expect(await exported(layer, 512)).toEqual({ image: [26, 512], fault: undefined, renderings: 2 });
  });

  it.each([
    ['nothing is rendered and the box is empty', { width: 0, height: 0, rendered: null }, 'empty'],
    ['the picture has no size that fits', { width: 9, height: 9, rendered: [9, 9], drawn: [0, 0] }, 'failed'],
  ] as const)('a fault where %s', async (_what, layer, fault) => {
    expect(await exported(layer, 512)).toMatchObject({ image: undefined, fault });
  });

  it.skipIf(cases.length === 0).each(cases)(`$id (needs ${CASES})`, async ({ input, must }) => {
    const { image } = await exported(input.layer, exportSide(input.modelResolution));
    expect(image).toEqual(must.image);
  });

  it('and of a turned frame the UI is told the size that it has on the canvas', async () => {
    figma.select(figma.add('Pen', { width: 400, height: 20, seen: { width: 20, height: 400 } }));
    expect((await figma.next('selection', 0)).frames).toMatchObject([{ width: 20, height: 400 }]);
  });
});

describe('an export that never ends', () => {
  beforeEach(() => {
    figma.pace = 0.001;
  });

  it('is given up, and told by the name of its layer; the others are there', async () => {
    const [endless, front] = [figma.add('Endless'), figma.add('Front')];
    const done = await figma.tell(
      { type: 'export', exportId: 'e', nodeIds: [endless.id, front.id], longestSide: 256 },
      'export-done',
    );
    expect(done.failed).toEqual([{ nodeId: endless.id, name: 'Endless', fault: 'slow' }]);
    expect(figma.heard.filter(({ type }) => type === 'exported')).toHaveLength(1);
  });

  it('leaves its tile without a picture, and the next one gets its own', async () => {
    figma.select(figma.add('Endless'), figma.add('Front'));
    const thumbnails = () => figma.heard.filter((message) => message.type === 'thumbnail');
    await vi.waitFor(() => expect(thumbnails()).toHaveLength(2));
    expect(thumbnails().map(({ bytes }) => bytes === null)).toEqual([true, false]);
  });
});

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

it('cuts notifications to what Figma takes', async () => {
  await figma.post({ type: 'notify', text: 'x'.repeat(300), error: false });
  expect(figma.notices[0]).toHaveLength(100);
});

describe('cut-outs', () => {
  const place = (nodeId: string, isLast: boolean, bytes = Uint8Array.of(1)) =>
    figma.post({ type: 'place-cut-out', nodeId, name: `${nodeId} cut-out`, bytes, isLast });

  it('stand beside their frames at their size, over nothing, selected, in one step of undo', async () => {
    const front = figma.add('Front', { x: 0, y: 0, width: 200, height: 100 });
    const side = figma.add('Side', { x: 224, y: 0, width: 200, height: 100 });
    await place(front.id, false);
    expect(figma.undoSteps).toBe(0);
    await place(side.id, true);
    const [first, second] = onCanvas().slice(2);
    expect(first).toMatchObject({ name: `${front.id} cut-out`, width: 200, height: 100 });
    // In a row, as their frames are.
    expect(first).toMatchObject({ x: 0, y: 124 });
    expect(second).toMatchObject({ x: 224, y: 124 });
    const boxes = onCanvas().map(({ x, y, width, height }) => ({ x, y, width, height }));
    for (const [index, a] of boxes.entries()) {
      for (const b of boxes.slice(index + 1)) {
        const apart =
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart).toBe(true);
      }
    }
    expect(figma.selection.map(({ id }) => id)).toEqual([first!.id, second!.id]);
    expect(figma.undoSteps).toBe(1);
  });

  it('stand right of frames in a column, and elsewhere where their place is taken', async () => {
    const top = figma.add('Top', { x: 0, y: 0, width: 200, height: 100 });
    const bottom = figma.add('Bottom', { x: 0, y: 124, width: 200, height: 100 });
    await place(top.id, false);
    await place(bottom.id, true);
    expect(onCanvas().slice(2)).toMatchObject([
      { x: 224, y: 0 },
      { x: 224, y: 124 },
    ]);
    await place(bottom.id, true);
    const last = onCanvas().at(-1)!;
    expect([last.x, last.y]).not.toEqual([224, 124]);
  });

  it('come into view where their frame is gone, and say what the canvas refuses', async () => {
    await place('9:9', true);
    expect(onCanvas()).toHaveLength(1);
    await place('9:9', true, new Uint8Array());
    expect(onCanvas()).toHaveLength(1);
    expect(figma.notices).toEqual(['The canvas did not take “9:9 cut-out”']);
  });
});
