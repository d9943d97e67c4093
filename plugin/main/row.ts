/** Rows of pictures on the canvas: their place, and WaitingRows, those of jobs that have not started. */

import type { UiToMain, WaitingRow } from '../messages.ts';
import type { Bounds, FigmaSurface } from './figma-surface.ts';

/**
 * Start of a row of pictures: right of the anchor and level with its top, moved right past whatever is in the way, so
 * that nothing on the canvas is ever covered. Canvas pixels.
 */
export function besideAnchor(
  anchor: Bounds,
  size: { readonly width: number; readonly height: number },
  { count, gap }: { readonly count: number; readonly gap: number },
  taken: readonly Bounds[],
): { readonly x: number; readonly y: number } {
  const width = count * size.width + (count - 1) * gap;
  const y = anchor.y;
  let x = anchor.x + anchor.width + (anchor.width > 0 ? gap : 0);
  // From left to right, each obstacle is passed at most once.
  for (const box of [...taken].sort((a, b) => a.x - b.x)) {
    const overlaps =
      box.x < x + width + gap &&
      box.x + box.width + gap > x &&
      box.y < y + size.height &&
      box.y + box.height > y;
    if (overlaps) x = box.x + box.width + gap;
  }
  return { x, y };
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
/** Plugin data of a page: a mark that no page of another document has, though its id may be the same. */
const CANVAS_KEY = 'canvas';

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

  constructor(surface: FigmaSurface) {
    this.#surface = surface;
  }

  async keep({ jobId, names, width, height }: KeepMessage): Promise<void> {
    const { currentPage, clientStorage } = this.#surface;
    // Job ids are random, and no two pages begin with the same one.
    if (currentPage.getPluginData(CANVAS_KEY) === '') currentPage.setPluginData(CANVAS_KEY, jobId);
    const row: StoredRow = { canvas: currentPage.getPluginData(CANVAS_KEY), names, width, height };
    await clientStorage.setAsync(ROW_KEY + jobId, row);
  }

  async forget(jobId: string): Promise<void> {
    await this.#surface.clientStorage.deleteAsync(ROW_KEY + jobId);
  }

  /** Those of this page. */
  async here(): Promise<readonly WaitingRow[]> {
    const { currentPage, clientStorage } = this.#surface;
    const mark = currentPage.getPluginData(CANVAS_KEY);
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
