/** Rows of pictures on the canvas: their place, and WaitingRows, those of jobs that have not started. */

import type { CanvasSize } from '../../shared/geometry.ts';
import type { UiToMain, WaitingRow } from '../messages.ts';
import { canvasMark, ensuredMark } from './canvas-mark.ts';
import type { Bounds, CanvasNode, CanvasPage, FigmaSurface } from './figma-surface.ts';

/**
 * Start of a row of pictures: right of the anchor and level with its top, moved past whatever is in the way, so that
 * nothing on the canvas is ever covered. Rows come below each other, and right of what is too long to go below.
 * Canvas pixels.
 */
export function besideAnchor(
  anchor: Bounds,
  size: CanvasSize,
  { count, gap }: { readonly count: number; readonly gap: number },
  taken: readonly Bounds[],
): { readonly x: number; readonly y: number } {
  const row = {
    x: anchor.x + anchor.width + (anchor.width > 0 ? gap : 0),
    y: anchor.y,
    width: count * size.width + (count - 1) * gap,
    height: size.height,
  };
  const below = { ...row, y: passed(row, gap, taken, 'y', 'height') };
  const beside = { ...row, x: passed(row, gap, taken, 'x', 'width') };
  const { x, y } = below.y - row.y <= beside.x - row.x ? below : beside;
  return { x, y };
}

/** The row's start along one axis once it is past all in its way. Each obstacle is passed at most once. */
function passed(
  row: Bounds,
  gap: number,
  taken: readonly Bounds[],
  start: 'x' | 'y',
  length: 'width' | 'height',
): number {
  let moved = row;
  for (const box of [...taken].sort((a, b) => a[start] - b[start])) {
    if (touches(moved, box, gap)) moved = { ...moved, [start]: box[start] + box[length] + gap };
  }
  return moved[start];
}

/** True where two boxes overlap, or stand closer than the gap. */
export function touches(row: Bounds, box: Bounds, gap: number): boolean {
  return (
    box.x < row.x + row.width + gap &&
    box.x + box.width + gap > row.x &&
    box.y < row.y + row.height + gap &&
    box.y + box.height + gap > row.y
  );
}

/** Boxes of layers, but for those of which nothing is visible. */
export function boxesOf(nodes: readonly CanvasNode[]): readonly Bounds[] {
  return nodes.map((node) => node.absoluteBoundingBox).filter((box) => box !== null);
}

/** The box around all of these; undefined for none. */
export function around(boxes: readonly Bounds[]): Bounds | undefined {
  if (boxes.length === 0) return undefined;
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** True where all of a row can be seen. */
export function isInSight(sight: Bounds, row: readonly Bounds[]): boolean {
  return row.every(
    ({ x, y, width, height }) =>
      x >= sight.x &&
      y >= sight.y &&
      x + width <= sight.x + sight.width &&
      y + height <= sight.y + sight.height,
  );
}

/** Key in the person's own storage, before a job's id. */
const ROW_KEY = 'row ';

type KeepMessage = Extract<UiToMain, { type: 'keep-row' }>;

interface StoredRow extends Omit<WaitingRow, 'jobId'> {
  readonly canvas: string;
}

/**
 * Rows that waiting jobs will fill, for a run of the plugin that comes later. They are not in the document, where each
 * would become a step of undo: there stands only, once, the mark of the page they belong to.
 */
export class WaitingRows {
  readonly #surface: FigmaSurface;
  /** Pages on which rows were asked for in this run of the plugin. */
  readonly #pages = new Map<string, CanvasPage>();

  constructor(surface: FigmaSurface) {
    this.#surface = surface;
  }

  /** The page that a job was asked for on, where it is there still; else the one that is shown. */
  page(jobId: string): CanvasPage {
    const page = this.#pages.get(jobId);
    return page === undefined || page.removed ? this.#surface.currentPage : page;
  }

  async keep({ type: _, jobId, ...row }: KeepMessage): Promise<void> {
    this.#pages.set(jobId, this.#surface.currentPage);
    // Job ids are random, and no two pages begin with the same one.
    const canvas = ensuredMark(this.#surface, jobId);
    const stored: StoredRow = { canvas, ...row };
    await this.#surface.clientStorage.setAsync(ROW_KEY + jobId, stored);
  }

  async forget(jobId: string): Promise<void> {
    this.#pages.delete(jobId);
    await this.#surface.clientStorage.deleteAsync(ROW_KEY + jobId);
  }

  /** Those of this page. */
  async here(): Promise<readonly WaitingRow[]> {
    const { clientStorage } = this.#surface;
    const mark = canvasMark(this.#surface);
    // A page without a mark never had a row.
    if (mark === '') return [];
    const rows: WaitingRow[] = [];
    for (const key of await clientStorage.keysAsync()) {
      if (!key.startsWith(ROW_KEY)) continue;
      // Only this plugin writes this person's storage.
      const { canvas, ...row } = (await clientStorage.getAsync(key)) as StoredRow;
      if (canvas === mark) rows.push({ jobId: key.slice(ROW_KEY.length), ...row });
    }
    return rows;
  }
}
