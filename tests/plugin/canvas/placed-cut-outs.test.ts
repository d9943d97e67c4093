/** Cut-outs on the canvas, beside the frames that they were made of. */

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../../plugin/build.ts';
import { FakeFigma } from './fake-figma.ts';

let figma: FakeFigma;

beforeAll(() => buildPlugin());
beforeEach(() => {
  figma = new FakeFigma();
  figma.run();
});

const onCanvas = () => figma.nodes.filter(({ removed }) => !removed);

describe('cut-outs', () => {
  const place = (nodeId: string, isLast: boolean, bytes = Uint8Array.of(1)) =>
    figma.post({ type: 'place-cut-out', nodeId, name: `${nodeId} cut-out`, bytes, isLast });

  it('stand beside their frames at their size, over nothing, selected, in one step of undo', async () => {
    const front = figma.add('Front', { x: 0, y: 0, width: 200, height: 600 });
    const side = figma.add('Side', { x: 224, y: 0, width: 200, height: 600 });
    await place(front.id, false);
    expect(figma.undoSteps).toBe(0);
    await place(side.id, true);
    const [first, second] = onCanvas().slice(2);
    expect(first).toMatchObject({ name: `${front.id} cut-out`, width: 200, height: 600 });
    // In a row, as their frames are, with room for their names where the row is seen from far.
    expect(first).toMatchObject({ x: 0, y: 700 });
    expect(second).toMatchObject({ x: 224, y: 700 });
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

  it('stand beside frames of a page that was left', async () => {
    const front = figma.add('Front', { x: 0, y: 0, width: 200, height: 100 });
    figma.leavePage();
    await place(front.id, true);
    expect(onCanvas()[1]).toMatchObject({ parent: figma.page, x: 224, y: 0 });
    expect([figma.complaints, figma.notices, figma.undoSteps]).toEqual([[], [], 1]);
  });
});
