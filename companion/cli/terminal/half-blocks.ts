/** A small picture as terminal text: the upper half block ▀ shows two pixels a cell, in 24-bit colour. */

import type { Picture } from '../../images/picture.ts';
import { resizePicture } from '../../images/resize.ts';

const RESET = '\x1b[0m';

/** One string a row of cells: `columns` pixels wide, two pixels high. The picture is stretched to fit. */
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

/** Whether a terminal shows 24-bit colour, and the person has not asked for none. */
export function showsTrueColour(env: NodeJS.ProcessEnv): boolean {
  return !env.NO_COLOR && (env.COLORTERM === 'truecolor' || env.COLORTERM === '24bit');
}
