/** ContactSheet: labelled rows of pictures, for people to compare, in one PNG that needs no viewer of ours. */

import sharp from 'sharp';
import type { Picture } from '../picture.ts';
import { pictureFrom, pipelineOf, type Resampling, resizePicture } from '../resize.ts';
import { type TextStyle, textPath, wrapText } from './lettering.ts';

export interface SheetRow {
  readonly label: string;
  /** One or two plain sentences under the label. */
  readonly note?: string;
  /** Left to right; undefined leaves a cell free. */
  readonly pictures: readonly (Picture | undefined)[];
  /** Under each picture. */
  readonly captions?: readonly string[];
  /** Resampling of pictures to the cell's size. Default `smooth`; `blocks` shows mask cells as they are. */
  readonly resampling?: Resampling;
}

export interface ContactSheet {
  readonly title: string;
  readonly subtitle?: string;
  readonly rows: readonly SheetRow[];
  /** Side of a cell in pixels; pictures are fitted into it, centred. A row is no higher than its highest picture. Default 192. */
  readonly cellSize?: number;
  /** Last line: source, licence, settings. */
  readonly footer?: string;
}

const MARGIN = 48;
const GAP = 16;
const ROW_GAP = 32;
const LABEL_WIDTH = 176;
const LABEL_GAP = 32;
const CAPTION_GAP = 8;
const CAPTION_LINES = 3;
const NOTE_LINES = 8;
const CORNER = 6;

const TITLE: TextStyle = { size: 30, weight: 600 };
const SUBTITLE: TextStyle = { size: 16, weight: 400 };
const LABEL: TextStyle = { size: 17, weight: 600 };
const SMALL: TextStyle = { size: 13, weight: 400 };

/** Distance between baselines, in em. */
const LEADING = 1.4;
/** From the top of a line to its baseline, in em: capitals then touch the top of the line. */
const CAP_HEIGHT = 0.73;

const PAPER = '#f7f7f8';
const EMPTY_CELL = '#ececef';
const INK = '#17171a';
const QUIET_INK = '#6b6b73';

/** Pictures by their places, and the shapes around them. */
interface Drawing {
  /** SVG elements, in sheet pixels. */
  readonly shapes: string[];
  readonly placed: { readonly cell: Picture; readonly left: number; readonly top: number }[];
}

/** The sheet as an opaque picture; `encodePng` makes the file. */
export async function drawContactSheet(sheet: ContactSheet): Promise<Picture> {
  const cellSize = sheet.cellSize ?? 192;
  const columns = Math.max(1, ...sheet.rows.map((row) => row.pictures.length));
  const left = MARGIN + LABEL_WIDTH + LABEL_GAP;
  const width = left + columns * cellSize + (columns - 1) * GAP + MARGIN;
  const drawing: Drawing = { shapes: [], placed: [] };

  let top = MARGIN;
  const textArea = width - 2 * MARGIN;
  top += drawText(drawing, wrapText(sheet.title, textArea, 2, TITLE), MARGIN, top, TITLE, INK);
  if (sheet.subtitle) {
    const lines = wrapText(sheet.subtitle, textArea, 3, SUBTITLE);
    top += drawText(drawing, lines, MARGIN, top, SUBTITLE, QUIET_INK);
  }
  top += ROW_GAP - GAP / 2;
  for (const row of sheet.rows) top += (await drawRow(drawing, row, left, top, cellSize)) + ROW_GAP;
  if (sheet.footer) {
    const lines = wrapText(sheet.footer, textArea, 3, SMALL);
    top += drawText(drawing, lines, MARGIN, top, SMALL, QUIET_INK) + ROW_GAP;
  }
  return render(drawing, width, top - ROW_GAP + MARGIN);
}

/** Returns the row's height. */
async function drawRow(
  drawing: Drawing,
  row: SheetRow,
  left: number,
  top: number,
  cellSize: number,
): Promise<number> {
  let labelHeight = drawText(drawing, wrapText(row.label, LABEL_WIDTH, 3, LABEL), MARGIN, top, LABEL, INK);
  const noteLines = wrapText(row.note ?? '', LABEL_WIDTH, NOTE_LINES, SMALL);
  labelHeight += drawText(drawing, noteLines, MARGIN, top + labelHeight, SMALL, QUIET_INK);
  let captionHeight = 0;
  const cells = await Promise.all(
    row.pictures.map((source) => source && fitIntoCell(source, cellSize, row.resampling ?? 'smooth')),
  );
  // Rows of landscapes alone are as high as these.
  const cellHeight = Math.max(...cells.map((cell) => cell?.height ?? 0)) || cellSize;
  for (const [column, cell] of cells.entries()) {
    const x = left + column * (cellSize + GAP);
    drawing.shapes.push(
      `<rect x="${x}" y="${top}" width="${cellSize}" height="${cellHeight}" rx="${CORNER}" fill="${EMPTY_CELL}"/>`,
    );
    if (cell) {
      const inset = { x: (cellSize - cell.width) / 2, y: (cellHeight - cell.height) / 2 };
      drawing.placed.push({ cell, left: x + Math.floor(inset.x), top: top + Math.floor(inset.y) });
    }
    const lines = wrapText(row.captions?.[column] ?? '', cellSize, CAPTION_LINES, SMALL);
    const height = drawText(drawing, lines, x, top + cellHeight + CAPTION_GAP, SMALL, QUIET_INK);
    captionHeight = Math.max(captionHeight, height && CAPTION_GAP + height);
  }
  return Math.max(labelHeight, cellHeight + captionHeight);
}

/** Returns the height of the lines in whole pixels, with the leading after the last. */
function drawText(
  { shapes }: Drawing,
  lines: readonly string[],
  x: number,
  top: number,
  style: TextStyle,
  colour: string,
): number {
  lines.forEach((line, index) => {
    const baseline = top + style.size * (CAP_HEIGHT + index * LEADING);
    shapes.push(`<path d="${textPath(line, x, baseline, style)}" fill="${colour}"/>`);
  });
  return Math.ceil(lines.length * style.size * LEADING);
}

/** Enlarged or reduced to touch the cell on its longer side. */
async function fitIntoCell(source: Picture, cellSize: number, resampling: Resampling): Promise<Picture> {
  const scale = cellSize / Math.max(source.width, source.height);
  const width = Math.max(1, Math.round(source.width * scale));
  const height = Math.max(1, Math.round(source.height * scale));
  // Reducing with a kernel made for enlarging would leave jagged edges.
  return resizePicture(source, width, height, scale < 1 && resampling === 'smooth' ? 'sharp' : resampling);
}

async function render({ shapes, placed }: Drawing, width: number, height: number): Promise<Picture> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`;
  const corners = await Promise.all(placed.map(({ cell }) => roundCorners(cell)));
  const sheet = sharp({ create: { width, height, channels: 3, background: PAPER } })
    .composite([
      { input: Buffer.from(svg) },
      ...placed.map(({ cell, left, top }, index) => ({
        input: corners[index]!,
        raw: { width: cell.width, height: cell.height, channels: 4 as const },
        left,
        top,
      })),
    ])
    .removeAlpha();
  return pictureFrom(sheet, 3);
}

/** RGBA bytes of the cell with its corners cut to the sheet's radius. */
async function roundCorners(cell: Picture): Promise<Buffer> {
  const size = `width="${cell.width}" height="${cell.height}"`;
  const shape = `<svg xmlns="http://www.w3.org/2000/svg" ${size}><rect ${size} rx="${CORNER}"/></svg>`;
  const cut = pipelineOf(cell)
    .ensureAlpha()
    .composite([{ input: Buffer.from(shape), blend: 'dest-in' }]);
  return cut.raw().toBuffer();
}
