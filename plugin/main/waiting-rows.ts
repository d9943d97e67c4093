import type { UiToMain, WaitingRow } from '../messages.ts';
import type { FigmaSurface } from './figma-surface.ts';

/** Of the person's own storage, before a job's id. */
const ROW_KEY = 'row ';
/** Plugin data of a page: what tells it from the pages of other documents, whose ids may be the same. */
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
