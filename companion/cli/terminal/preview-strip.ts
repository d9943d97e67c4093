/**
 * PreviewStrip: the pictures of a run side by side above the progress line, each redrawn while it is sampled, as half
 * blocks (▀ shows two pixels a cell) in 24-bit colour. Rows are reached by moving up from the progress line and down
 * again, so nothing depends on where the screen scrolled.
 */

import type { Picture } from '../../images/picture.ts';
import { resizePicture } from '../../images/resize.ts';
import type { Stream } from './output.ts';

const INDENT_CELLS = 2;
const GAP_CELLS = 2;
const MAX_CELLS = 32;
/** Below this a picture cannot be made out. */
const MIN_CELLS = 18;
/** Drawing takes a few milliseconds: a fast model should not wait for its previews. */
const REDRAW_INTERVAL_MS = 100;

export interface StripPlan {
  readonly count: number;
  /** Height of a picture over its width. */
  readonly aspect: number;
}

export class PreviewStrip {
  readonly #stream: Stream;
  readonly #columns: number;
  readonly #rows: number;
  readonly #perLine: number;
  /** Lines of pictures with room on the screen. */
  #lines = 0;
  /** Milliseconds, by picture. */
  readonly #drawnAt = new Map<number, number>();
  #lost = false;
  /** A terminal that changes its size re-flows what was drawn: nobody knows where the rows are then. */
  readonly #whenResized = (): void => {
    this.#lost = true;
  };

  constructor(stream: Stream, { count, aspect }: StripPlan) {
    this.#stream = stream;
    const width = (stream.columns ?? 80) - 2 * INDENT_CELLS + GAP_CELLS;
    const most = Math.max(1, Math.floor(width / (MIN_CELLS + GAP_CELLS)));
    // Six pictures where five fit stand in two lines of three, not five and one.
    this.#perLine = Math.ceil(count / Math.ceil(count / most));
    this.#columns = Math.min(MAX_CELLS, Math.floor(width / this.#perLine) - GAP_CELLS);
    this.#rows = Math.max(1, Math.round((this.#columns * aspect) / 2));
    // The rows, a free one above and below, and the progress line.
    this.#lost = this.#columns < MIN_CELLS || this.#rows + 3 > (stream.rows ?? 24);
    stream.on('resize', this.#whenResized);
  }

  /** True for the first picture of a line; `open` must be called before it is drawn. */
  beginsLine(picture: number): boolean {
    return !this.#lost && picture % this.#perLine === 0;
  }

  /** Makes room for a line of pictures. The cursor stands at the start of an empty row, and ends so, below the room. */
  open(): void {
    this.#stream.write('\n'.repeat(this.#rows + (this.#lines > 0 ? 1 : 2)));
    this.#lines += 1;
  }

  /** Draws over what the picture showed before. `final` is drawn whatever was drawn just before. */
  async draw(picture: number, pixels: Picture, final: boolean): Promise<void> {
    const now = performance.now();
    const drawnAt = this.#drawnAt.get(picture) ?? -Infinity;
    if (this.#lost || (!final && now - drawnAt < REDRAW_INTERVAL_MS)) return;
    const up = this.#rowsUpTo(picture);
    if (up >= (this.#stream.rows ?? 24)) return;
    this.#drawnAt.set(picture, now);
    const lines = await halfBlocks(pixels, this.#columns, this.#rows);
    if (this.#lost) return;
    const slot = picture % this.#perLine;
    const right = `\r\x1b[${INDENT_CELLS + slot * (this.#columns + GAP_CELLS)}C`;
    const down = up - this.#rows;
    this.#stream.write(`\x1b[${up}A${lines.map((line) => `${right}${line}\x1b[1B`).join('')}\x1b[${down}B\r`);
  }

  /** From the progress line to the top of the picture's line. One row is left free below each line of pictures. */
  #rowsUpTo(picture: number): number {
    const line = Math.floor(picture / this.#perLine);
    return (this.#lines - line) * (this.#rows + 1);
  }

  close(): void {
    this.#stream.off('resize', this.#whenResized);
  }
}

const RESET = '\x1b[0m';

/**
 * One string a row of cells: `columns` pixels wide, two pixels high. The picture is stretched to fit.
 * @internal
 */
export async function halfBlocks(source: Picture, columns: number, rows: number): Promise<readonly string[]> {
  const enlarged = source.width < columns;
  const { data, channels } = await resizePicture(source, columns, 2 * rows, enlarged ? 'smooth' : 'sharp');
  const colour = (x: number, y: number) => {
    const start = (y * columns + x) * channels;
    return data.subarray(start, start + 3).join(';');
  };
  return Array.from({ length: rows }, (_, row) => {
    let line = '';
    for (let x = 0; x < columns; x++) {
      line += `\x1b[38;2;${colour(x, 2 * row)};48;2;${colour(x, 2 * row + 1)}m▀`;
    }
    return line + RESET;
  });
}

/** True where a terminal shows 24-bit colour, and NO_COLOR does not forbid it. */
export function showsTrueColour(env: NodeJS.ProcessEnv): boolean {
  return !env.NO_COLOR && (env.COLORTERM === 'truecolor' || env.COLORTERM === '24bit');
}
