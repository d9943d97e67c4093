/** CatalogueTables: pictures of a catalogue as a table in one frame, with headings as text layers, in one step of undo. */

import type { TableColumn, TableMessage } from '../table-messages.ts';
import type { FigmaSurface, Frame, Rectangle } from './figma-surface.ts';
import { isOnShownPage } from './node-tree.ts';
import { around, besideAnchor, boxesOf } from './row.ts';

/** Letters of a heading, in canvas pixels; larger ones for larger pictures, so that both are read at one zoom. */
const FONT_SIZE = 16;
const FONT_SHARE = 1 / 24;
/** Around and between the pictures, and widths of headings: in letters' heights. */
const GAP = 1.5;
const MARGIN = 2.5;
const HEADING_WIDTH = 10;
const COLUMN_MIN_WIDTH = 8;
/** Height of a line, and width of a letter, wider than most of Inter's are. */
const LEADING = 1.3;
const LETTER_WIDTH = 0.58;
const FONT = { family: 'Inter', style: 'Regular' } as const;
const PAPER = { type: 'SOLID', color: { r: 1, g: 1, b: 1 } } as const;
const INK = { type: 'SOLID', color: { r: 0.1, g: 0.1, b: 0.1 } } as const;
/** A picture that was not made. */
const MISSING = { type: 'SOLID', color: { r: 0.55, g: 0.55, b: 0.58 }, opacity: 0.24 } as const;

type Opening = Extract<TableMessage, { type: 'open-table' }>;
type TablePicture = Extract<TableMessage, { type: 'table-picture' }>;

interface OpenTable {
  readonly frame: Frame;
  /** Height of its letters. */
  readonly em: number;
  /** By row and column; those that got a picture are taken out. */
  readonly cells: Map<string, Rectangle>;
}

/** Words on the table, and where they stand. */
interface Words {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly em: number;
}

export class CatalogueTables {
  readonly #surface: FigmaSurface;
  readonly #open = new Map<string, OpenTable>();

  constructor(surface: FigmaSurface) {
    this.#surface = surface;
  }

  async receive(message: TableMessage): Promise<void> {
    if (message.type === 'open-table') await this.#begin(message);
    else if (message.type === 'table-picture') this.#fill(message);
    else this.#close(message.tableId);
  }

  async #begin({ tableId, name, columns, rows, cells: places }: Opening): Promise<void> {
    const surface = this.#surface;
    await surface.loadFontAsync(FONT);
    const height = Math.max(...columns.map((column) => column.height));
    const longest = Math.max(height, ...columns.map(({ width }) => width));
    const em = Math.max(FONT_SIZE, Math.round(longest * FONT_SHARE));
    const widths = columns.map(({ width }) => Math.max(width, COLUMN_MIN_WIDTH * em));
    const texts = columns.map(({ label, width, height: high }) => `${label}\n${width} × ${high}`);
    const lines = Math.max(...texts.map((text, column) => lineCount(text, widths[column]! / em)));
    const lefts = starts((MARGIN + HEADING_WIDTH) * em, widths, GAP * em);
    const rowHeight = Math.max(
      height,
      ...rows.map((row) => lineCount(row, HEADING_WIDTH - GAP) * LEADING * em),
    );
    const tops = starts(
      (MARGIN + lines * LEADING + GAP / 2) * em,
      rows.map(() => rowHeight),
      GAP * em,
    );
    const frame = surface.createFrame();
    frame.name = name;
    frame.fills = [PAPER];
    frame.resize(lefts[columns.length]! + (MARGIN - GAP) * em, tops[rows.length]! + (MARGIN - GAP) * em);
    this.#setDown(frame);
    for (const [column, text] of texts.entries())
      this.#words(frame, text, { x: lefts[column]!, y: MARGIN * em, width: widths[column]!, em });
    for (const [row, label] of rows.entries())
      this.#words(frame, label, { x: MARGIN * em, y: tops[row]!, width: (HEADING_WIDTH - GAP) * em, em });
    const cells = places.map(([row, column]) => {
      const place = { x: lefts[column]!, y: tops[row]! };
      return [`${row} ${column}`, this.#placeholder(frame, rows[row]!, columns[column]!, place)] as const;
    });
    this.#open.set(tableId, { frame, em, cells: new Map(cells) });
  }

  #fill({ tableId, row, column, name, bytes }: TablePicture): void {
    const cells = this.#open.get(tableId)?.cells;
    const cell = cells?.get(`${row} ${column}`);
    // The designer may have deleted it, or the whole table.
    if (cell === undefined || cell.removed) return;
    try {
      const { hash } = this.#surface.createImage(bytes);
      cell.fills = [{ type: 'IMAGE', scaleMode: 'FILL', imageHash: hash }];
      cell.name = name;
      cells!.delete(`${row} ${column}`);
    } catch (error) {
      console.error('likeness: the canvas refused a picture', error);
    }
  }

  #close(tableId: string): void {
    const table = this.#open.get(tableId);
    this.#open.delete(tableId);
    if (table === undefined) return;
    const { currentPage, viewport } = this.#surface;
    if (!table.frame.removed) {
      for (const cell of table.cells.values()) this.#sayMissing(cell, table);
      // The person may be on another page by now.
      if (isOnShownPage(this.#surface, table.frame)) {
        currentPage.selection = [table.frame];
        viewport.scrollAndZoomIntoView([table.frame]);
      }
    }
    this.#surface.commitUndo();
  }

  /** Beside the selection, where nothing lies; else where the person looks. */
  #setDown(frame: Frame): void {
    const { currentPage, viewport } = this.#surface;
    const others = currentPage.children.filter(({ id }) => id !== frame.id);
    const anchor = around(boxesOf(currentPage.selection)) ?? { ...viewport.center, width: 0, height: 0 };
    const { x, y } = besideAnchor(anchor, frame, { count: 1, gap: GAP }, boxesOf(others));
    frame.x = x;
    frame.y = y;
    currentPage.appendChild(frame);
  }

  /** On what stays grey: nobody has to look into the layers for why. */
  #sayMissing(cell: Rectangle, { frame, em }: OpenTable): void {
    if (cell.removed) return;
    const room = { x: cell.x + em / 2, y: cell.y + em / 2, width: cell.width - em, em };
    if (room.width > LETTER_WIDTH * em * 'made'.length) this.#words(frame, 'Not made', room);
  }

  #words(frame: Frame, characters: string, { x, y, width, em }: Words): void {
    const text = this.#surface.createText();
    text.fontName = FONT;
    text.fontSize = em;
    text.characters = characters;
    text.fills = [INK];
    text.textAutoResize = 'HEIGHT';
    text.resize(width, lineCount(characters, width / em) * LEADING * em);
    frame.appendChild(text);
    text.x = x;
    text.y = y;
  }

  #placeholder(
    frame: Frame,
    row: string,
    { label, width, height }: TableColumn,
    { x, y }: { readonly x: number; readonly y: number },
  ): Rectangle {
    const cell = this.#surface.createRectangle();
    cell.name = `${row}, ${label}, ${width}x${height}: not made`;
    cell.resize(width, height);
    cell.fills = [MISSING];
    frame.appendChild(cell);
    cell.x = x;
    cell.y = y;
    return cell;
  }
}

/** Lines that a text takes at a width in letters' heights: broken between words, as Figma does it, or within one that is too long. */
function lineCount(text: string, width: number): number {
  const most = Math.max(1, Math.floor(width / LETTER_WIDTH));
  return text.split('\n').reduce((sum, line) => {
    let lines = 1;
    let used = 0;
    for (const { length } of line.split(' ')) {
      const longer = used === 0 ? length : used + 1 + length;
      if (longer <= most) used = longer;
      else {
        lines += (used === 0 ? 0 : 1) + Math.ceil(length / most) - 1;
        used = length % most || most;
      }
    }
    return sum + lines;
  }, 0);
}

/** Starts of lengths that follow each other, and the start of one more. */
function starts(first: number, lengths: readonly number[], gap: number): readonly number[] {
  const found = [first];
  for (const [index, length] of lengths.entries()) found.push(found[index]! + length + gap);
  return found.map(Math.round);
}
