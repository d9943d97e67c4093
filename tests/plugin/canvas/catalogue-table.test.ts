import { beforeAll, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../../plugin/build.ts';
import { FakeFigma } from './fake-figma.ts';
import type { FakeNode } from './fake-node.ts';

describe('a table of pictures on the canvas', () => {
  beforeAll(() => buildPlugin(), 60_000);

  it('is one frame with headings as text, and one step of undo', async () => {
    const figma = new FakeFigma();
    figma.run();
    figma.begin();
    const tableId = 'job-of-cells';
    const places = [0, 1].flatMap((row) => [0, 1].map((column) => [row, column] as const));
    const columns = [
      { label: 'on a beach', width: 64, height: 64 },
      { label: 'on grass', width: 96, height: 64 },
    ];
    await figma.post({
      type: 'open-table',
      tableId,
      name: 'Spring',
      columns,
      rows: ['aurora', 'summit'],
      cells: places,
    });
    const picture = { type: 'table-picture', tableId, bytes: Uint8Array.of(1) } as const;
    await figma.post({ ...picture, row: 0, column: 1, name: 'aurora, on grass' });
    await figma.post({ ...picture, row: 1, column: 0, name: 'summit, on a beach', bytes: new Uint8Array() });
    expect(figma.undoSteps).toBe(0);
    await figma.post({ type: 'close-table', tableId });
    expect(figma.undoSteps).toBe(1);

    const [frame, ...parts] = figma.nodes;
    expect(figma.page.children).toEqual([frame]);
    expect(figma.selection).toEqual([frame]);
    expect(parts.every(({ parent }) => parent === frame)).toBe(true);
    const texts = parts.filter(({ type }) => type === 'TEXT') as (FakeNode & { characters: string })[];
    const headings = [
      'on a beach\n64 × 64',
      'on grass\n96 × 64',
      'aurora',
      'summit',
      ...Array.from({ length: 3 }, () => 'Not made'),
    ];
    expect(texts.map(({ characters }) => characters)).toEqual(headings);
    const cells = parts.filter(({ type }) => type === 'RECTANGLE');
    expect(cells.map(({ width, height }) => `${width}x${height}`)).toEqual([
      '64x64',
      '96x64',
      '64x64',
      '96x64',
    ]);
    expect(cells.map(({ name }) => name)).toEqual([
      'aurora, on a beach, 64x64: not made',
      'aurora, on grass',
      'summit, on a beach, 64x64: not made',
      'summit, on grass, 96x64: not made',
    ]);
    expect(cells[1]!.fills).toMatchObject([{ type: 'IMAGE' }]);
    // Rows below each other, columns beside each other under their headings, all inside of the frame.
    expect(cells[0]!.x).toBe(texts[0]!.x);
    expect(cells[3]!.x).toBe(texts[1]!.x);
    expect(cells[2]!.y).toBeGreaterThanOrEqual(cells[0]!.y + 64);
    expect(cells[3]!.x + 96).toBeLessThanOrEqual(frame!.width);
    expect(cells[3]!.y + 64).toBeLessThanOrEqual(frame!.height);
    figma.undo();
    expect(figma.nodes.every(({ removed }) => removed)).toBe(true);
  });

  it('has room for its headings, whose letters grow with the pictures, and says what was not made', async () => {
    for (const side of [64, 1080]) {
      const figma = new FakeFigma();
      figma.run();
      const label = 'on a shelf with … on it, beside a window in the evening, without people';
      const columns = [{ label, width: side, height: side }];
      const table = { tableId: 'job-d', name: 'Spring', columns, rows: ['a-backpack-of-canvas'] };
      await figma.post({ type: 'open-table', ...table, cells: [[0, 0]] });
      await figma.post({ type: 'close-table', tableId: 'job-d' });
      type Text = FakeNode & { readonly characters: string; readonly fontSize: number };
      const [heading, row, missing] = figma.nodes.filter(({ type }) => type === 'TEXT') as Text[];
      const [cell] = figma.nodes.filter(({ type }) => type === 'RECTANGLE');
      // As many lines as its words take at half of their height a letter.
      const lines = Math.ceil((label.length * 0.5 * heading!.fontSize) / heading!.width) + 1;
      expect(heading!.y + lines * 1.2 * heading!.fontSize).toBeLessThanOrEqual(cell!.y);
      expect(row!.x + row!.width).toBeLessThan(cell!.x);
      expect(missing!.characters).toBe('Not made');
      expect(missing!.fontSize).toBe(side === 64 ? 16 : 45);
    }
  });

  it('that was deleted meanwhile takes no more pictures', async () => {
    const figma = new FakeFigma();
    figma.run();
    const columns = [{ label: 'on a beach', width: 64, height: 64 }];
    await figma.post({
      type: 'open-table',
      tableId: 'job-b',
      name: 'Spring',
      columns,
      rows: ['aurora'],
      cells: [[0, 0]],
    });
    for (const node of figma.nodes) node.remove();
    const at = { tableId: 'job-b', row: 0, column: 0, name: 'late', bytes: Uint8Array.of(1) };
    await figma.post({ type: 'table-picture', ...at });
    await figma.post({ type: 'close-table', tableId: 'job-b' });
    expect(figma.complaints).toEqual([]);
    expect(figma.images).toEqual([]);
  });

  it('on a page that was left is one step of undo, too', async () => {
    const figma = new FakeFigma();
    figma.run();
    const columns = [{ label: 'on a beach', width: 64, height: 64 }];
    const table = { tableId: 'job-e', name: 'Spring', columns, rows: ['aurora'] };
    await figma.post({ type: 'open-table', ...table, cells: [[0, 0]] });
    figma.leavePage();
    await figma.post({ type: 'close-table', tableId: 'job-e' });
    expect([figma.complaints, figma.selection, figma.undoSteps]).toEqual([[], [], 1]);
  });

  it('leaves a place empty for what was not asked for', async () => {
    const figma = new FakeFigma();
    figma.run();
    const columns = ['on a beach', 'on grass'].map((label) => ({ label, width: 64, height: 64 }));
    const table = { tableId: 'job-c', name: 'Spring', columns, rows: ['aurora', 'summit'] };
    await figma.post({
      type: 'open-table',
      ...table,
      cells: [
        [0, 0],
        [1, 1],
      ],
    });
    await figma.post({ type: 'close-table', tableId: 'job-c' });
    const names = figma.nodes.filter(({ type }) => type === 'RECTANGLE').map(({ name }) => name);
    expect(names).toEqual(['aurora, on a beach, 64x64: not made', 'summit, on grass, 64x64: not made']);
  });
});
