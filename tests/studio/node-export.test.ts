/** What the studio exports, drawn by a real browser. */

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodePicture } from '../../companion/images/decode.ts';
import { uprightPart } from '../../plugin/main/picture-space.ts';
import type { NodeRecord, PicturePaint } from '../../plugin/studio/document/node-record.ts';
import { emptyDocument, newNode } from '../../plugin/studio/document/node-record.ts';
import type { ExportRequest } from '../../plugin/studio/figma/sandbox-link.ts';
import { browserPath } from '../browser/installed-browser.ts';
import { startBrowser } from '../plugin/browser.ts';
import { openSandbox } from './sandbox.ts';

/** The export as a page's own function. */
const ENTRY = `
import { exportNode } from './canvas/node-export.ts';
import { Scene } from './document/scene.ts';
// Red above, blue below on the left, green on the right.
const canvas = new OffscreenCanvas(100, 100);
const context = canvas.getContext('2d');
for (const [colour, ...box] of [['red', 0, 0, 100, 100], ['blue', 0, 50, 50, 50], ['lime', 50, 50, 50, 50]]) {
  context.fillStyle = colour;
  context.fillRect(...box);
}
const bitmap = canvas.transferToImageBitmap();
const pictures = { decoded: async () => bitmap, bitmap: () => bitmap };
globalThis.exported = async (nodes, id, request) => [...(await exportNode(new Scene(nodes), id, request, pictures))];
`;

async function exported(nodes: readonly NodeRecord[], request: ExportRequest) {
  const { outputFiles } = await build({
    stdin: {
      contents: ENTRY,
      resolveDir: fileURLToPath(new URL('../../plugin/studio', import.meta.url)),
      loader: 'ts',
    },
    ...{ bundle: true, write: false, format: 'iife' },
  });
  const browser = await startBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.context.newPage();
  await page.addScriptTag({ content: outputFiles[0]!.text });
  const bytes = await page.evaluate(
    ([all, id, wish]) =>
      (globalThis as unknown as { exported: (...given: unknown[]) => Promise<number[]> }).exported(
        all,
        id,
        wish,
      ),
    [nodes, nodes.at(-1)!.id, request] as const,
  );
  return decodePicture(Uint8Array.from(bytes));
}

/** The layer as the plugin sees it. */
function handleOf(layer: NodeRecord) {
  const { figma } = openSandbox();
  const node = figma.createRectangle();
  [node.x, node.y, node.rotation] = [layer.x, layer.y, layer.rotation ?? 0];
  return node;
}

const solid = (r: number, g: number, b: number) => [{ type: 'SOLID', color: { r, g, b } }] as const;

describe.skipIf(browserPath === undefined)('an export', () => {
  it('of a turned frame shows it as it lies: its left end below', async () => {
    const pen = newNode('1:1', 'FRAME', 1);
    const cap = { ...newNode('1:2', 'RECTANGLE', 2), parentId: '1:1', width: 20, height: 20 };
    const nodes = [
      ...emptyDocument('Test'),
      { ...cap, fills: solid(0, 0, 1) },
      { ...pen, x: 50, y: 70, width: 400, height: 20, rotation: 90, fills: solid(1, 0, 0) },
    ];
    const constraint = { type: 'HEIGHT', value: 512 } as const;
    const { width, height, channels, data } = await exported(nodes, { format: 'PNG', constraint });
    expect([width, height]).toEqual([26, 512]);
    const at = (y: number) => [
      ...data.subarray((y * width + 13) * channels, (y * width + 13) * channels + 3),
    ];
    expect(at(10)).toEqual([255, 0, 0]);
    expect(at(505)).toEqual([0, 0, 255]);
  });

  it('of a cropped picture shows the part that its transform leads to', async () => {
    const crop = async (imageTransform: PicturePaint['imageTransform']) => {
      const layer = { ...newNode('1:1', 'RECTANGLE', 1), width: 40, height: 20 };
      const fill = { type: 'IMAGE', scaleMode: 'CROP', imageHash: 'quarters', imageTransform } as const;
      const nodes = [...emptyDocument('Test'), { ...layer, fills: [fill as PicturePaint] }];
      const request = { format: 'PNG', constraint: { type: 'SCALE', value: 1 } } as const;
      const { width, channels, data } = await exported(nodes, request);
      const at = (x: number) => [
        ...data.subarray((10 * width + x) * channels, (10 * width + x) * channels + 3),
      ];
      return [at(4), at(36)];
    };
    const lower = [
      [1, 0, 0],
      [0, 0.5, 0.5],
    ] as const;
    expect(await crop(lower)).toEqual([
      [0, 0, 255],
      [0, 255, 0],
    ]);
    // Turned by a half: what was on the left is on the right.
    const turned = [
      [-1, 0, 1],
      [0, -0.5, 1],
    ] as const;
    expect(await crop(turned)).toEqual([
      [0, 255, 0],
      [0, 0, 255],
    ]);
  });

  it('of a layer that was turned by a quarter shows what fills it upright', async () => {
    const layer = { ...newNode('1:1', 'RECTANGLE', 1), x: 50, y: 90, width: 40, height: 20, rotation: 90 };
    const { absoluteTransform } = handleOf(layer);
    const imageTransform = uprightPart(
      { absoluteTransform, width: 40, height: 20 },
      { width: 100, height: 100 },
    )!;
    const fill = { type: 'IMAGE', scaleMode: 'CROP', imageHash: 'quarters', imageTransform } as const;
    const nodes = [...emptyDocument('Test'), { ...layer, fills: [fill] }];
    const request = { format: 'PNG', constraint: { type: 'SCALE', value: 1 } } as const;
    const { width, height, channels, data } = await exported(nodes, request);
    const at = (x: number, y: number) => [...data.subarray((y * width + x) * channels).subarray(0, 3)];
    expect([width, height]).toEqual([20, 40]);
    // Red above, blue on the left below, green on the right, and as large: the picture's middle half.
    expect([at(10, 10), at(5, 30), at(15, 30)]).toEqual([
      [255, 0, 0],
      [0, 0, 255],
      [0, 255, 0],
    ]);
  });
});
