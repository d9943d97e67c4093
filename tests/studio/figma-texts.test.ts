import { describe, expect, it } from 'vitest';
import { CatalogueTables } from '../../plugin/main/catalogue-tables.ts';
import type { FigmaSurface } from '../../plugin/main/figma-surface.ts';
import { openSandbox, pngHeader } from './sandbox.ts';

describe('text layers', () => {
  it('have letters of one kind, and hold no children', async () => {
    const { figma } = openSandbox();
    const text = figma.createText();
    await figma.loadFontAsync({ family: 'Inter', style: 'Regular' });
    text.characters = 'on a beach';
    text.fontSize = 16;
    expect([text.type, text.name, text.characters, text.fontSize]).toEqual([
      'TEXT',
      'Text',
      'on a beach',
      16,
    ]);
    expect(() => {
      text.fontSize = 0;
    }).toThrow('below the smallest');
    expect(() => text.appendChild(figma.createRectangle())).toThrow('holds no children');
  });
});

describe('a catalogue on the studio’s canvas', () => {
  it('is one frame with headings and pictures, in one step of undo', async () => {
    const { figma, host } = openSandbox();
    const tables = new CatalogueTables(figma as unknown as FigmaSurface);
    const columns = [{ label: 'on a beach', width: 64, height: 64 }];
    const table = { tableId: 'a', name: 'Spring', columns, rows: ['aurora'] };
    await tables.receive({ type: 'open-table', ...table, cells: [[0, 0]] });
    const cell = { tableId: 'a', row: 0, column: 0, name: 'aurora, on a beach' };
    await tables.receive({
      type: 'table-picture',
      ...cell,
      bytes: pngHeader(1, 1) as Uint8Array<ArrayBuffer>,
    });
    await tables.receive({ type: 'close-table', tableId: 'a' });
    expect(host.commits).toHaveLength(1);
    const [frame, ...others] = figma.currentPage.children;
    expect(others).toEqual([]);
    expect(frame!.children.map(({ type, name }) => [type, name])).toEqual([
      ['TEXT', 'Text'],
      ['TEXT', 'Text'],
      ['RECTANGLE', 'aurora, on a beach'],
    ]);
    expect(frame!.children[2]!.fills).toMatchObject([{ type: 'IMAGE' }]);
  });
});
