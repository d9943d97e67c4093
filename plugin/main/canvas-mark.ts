/** Mark of a page: no page of another document has it, though its id and those of its layers may be the same. */

import type { FigmaSurface } from './figma-surface.ts';

/** Plugin data of a page. */
const CANVAS_KEY = 'canvas';

/** As marks are written; every collaborator can write plugin data. */
const MARK = /^[a-z0-9-]{8,40}$/;

/** Empty for a page that has none. */
export function canvasMark({ currentPage }: Pick<FigmaSurface, 'currentPage'>): string {
  const mark = currentPage.getPluginData(CANVAS_KEY);
  return MARK.test(mark) ? mark : '';
}

/** @param fresh a random id, taken where the page has no mark yet */
export function ensuredMark(surface: Pick<FigmaSurface, 'currentPage'>, fresh: string): string {
  if (canvasMark(surface) === '') surface.currentPage.setPluginData(CANVAS_KEY, fresh);
  return canvasMark(surface);
}
