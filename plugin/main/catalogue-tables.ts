/** CatalogueTables: pictures of a catalogue as a table in one frame, with headings as text layers, in one step of undo. */

import type { TableColumn, TableMessage } from '../table-messages.ts';
import type { FigmaSurface, Frame, Rectangle } from './figma-surface.ts';
import { around, besideAnchor, boxesOf } from './row.ts';

/** Canvas pixels around and between the pictures. */
const GAP = 24;
const MARGIN = 40;
/** Letters of a row's heading fit into it. */
const HEADING_WIDTH = 160;
const FONT_SIZE = 16;
/** Two lines: the scene, and the size below it. */
const HEADING_HEIGHT = 48;
const FONT = { family: 'Inter', style: 'Regular' } as const;
const PAPER = { type: 'SOLID', color: { r: 1, g: 1, b: 1 } } as const;
const INK = { type: 'SOLID', color: { r: 0.1, g: 0.1, b: 0.1 } } as const;
/** A picture that was not made. */
const MISSING = { type: 'SOLID', color: { r: 0.55, g: 0.55, b: 0.58 }, opacity: 0.24 } as const;

type Opening = Extract<TableMessage, { type: 'open-table' }>;
type TablePicture = Extract<TableMessage, { type: 'table-picture' }>;

interface OpenTable {
  readonly frame: Frame;
  /** By row and column. */
  readonly cells: ReadonlyMap<string, Rectangle>;
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
    const lefts = starts(
      MARGIN + HEADING_WIDTH,
      columns.map(({ width }) => width),
    );
    const height = Math.max(...columns.map((column) => column.height));
    const tops = starts(
      MARGIN + HEADING_HEIGHT,
      rows.map(() => height),
    );
    const frame = surface.createFrame();
    frame.name = name;
    frame.fills = [PAPER];
    frame.resize(lefts[columns.length]! - GAP + MARGIN, tops[rows.length]! - GAP + MARGIN);
    this.#setDown(frame);
    for (const [column, { label, width, height: high }] of columns.entries())
      this.#heading(frame, `${label}\n${width} × ${high}`, lefts[column]!, MARGIN, width);
    for (const [row, label] of rows.entries())
      this.#heading(frame, label, MARGIN, tops[row]!, HEADING_WIDTH - GAP);
    const cells = places.map(([row, column]) => {
      const place = { x: lefts[column]!, y: tops[row]! };
      return [`${row} ${column}`, this.#placeholder(frame, rows[row]!, columns[column]!, place)] as const;
    });
    this.#open.set(tableId, { frame, cells: new Map(cells) });
  }

  #fill({ tableId, row, column, name, bytes }: TablePicture): void {
    const cell = this.#open.get(tableId)?.cells.get(`${row} ${column}`);
    // The designer may have deleted it, or the whole table.
    if (cell === undefined || cell.removed) return;
    try {
      const { hash } = this.#surface.createImage(bytes);
      cell.fills = [{ type: 'IMAGE', scaleMode: 'FILL', imageHash: hash }];
      cell.name = name;
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
      currentPage.selection = [table.frame];
      viewport.scrollAndZoomIntoView([table.frame]);
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

  #heading(frame: Frame, characters: string, x: number, y: number, width: number): void {
    const text = this.#surface.createText();
    text.fontName = FONT;
    text.fontSize = FONT_SIZE;
    text.characters = characters;
    text.fills = [INK];
    text.textAutoResize = 'HEIGHT';
    text.resize(width, HEADING_HEIGHT);
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

/** Starts of lengths that follow each other, and the start of one more. */
function starts(first: number, lengths: readonly number[]): readonly number[] {
  const found = [first];
  for (const [index, length] of lengths.entries()) found.push(found[index]! + length + GAP);
  return found;
}
