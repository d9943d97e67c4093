/** Frames that are selected, and their export: thumbnails, sizes, and renderings that fail or never end. */

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../../plugin/build.ts';
import { exportSide } from '../../../shared/geometry.ts';
import { pngSize } from '../../../shared/image-kind.ts';
import { FakeFigma } from './fake-figma.ts';

let figma: FakeFigma;

beforeAll(() => buildPlugin());
beforeEach(() => {
  figma = new FakeFigma();
  figma.run();
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
    await expect.poll(() => figma.heard.filter(({ type }) => type === 'thumbnail')).toHaveLength(2);
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

const CASES = fileURLToPath(new URL('../../../../shared/cases/cases.json', import.meta.url));
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
    const pen = figma.add('Pen', { width: 400, height: 20 });
    pen.turn(90);
    figma.select(pen);
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
    await expect.poll(() => thumbnails()).toHaveLength(2);
    expect(thumbnails().map(({ bytes }) => bytes === null)).toEqual([true, false]);
  });
});
