/** writeSheet: all pictures of a catalogue in one, products and scenes down, sizes across. */

import { basename, join } from 'node:path';
import { cellPrompt } from '../../../shared/catalogue.ts';
import { decodePicture } from '../../images/decode.ts';
import { encodePng } from '../../images/encode.ts';
import type { Picture } from '../../images/picture.ts';
import { resizePicture } from '../../images/resize.ts';
import { drawContactSheet, type SheetRow } from '../../images/sheets/contact-sheet.ts';
import { USER_MODES, writeFileAtomically } from '../../storage/atomic-file.ts';
import type { CatalogueFolder } from './catalogue-folder.ts';
import type { PlannedPicture } from './catalogue-plan.ts';

const SHEET_NAME = 'grid.png';

/** Pictures on the sheet; with more of them nobody would see one. */
const SHEET_MAX_PICTURES = 240;

const CELL_PX = 160;

/** @returns path of the sheet @throws LikenessError `storage` */
export async function writeSheet(
  planned: readonly PlannedPicture[],
  folder: CatalogueFolder,
): Promise<string> {
  const shown = planned.slice(0, SHEET_MAX_PICTURES);
  const rows = new Map<string, PlannedPicture[]>();
  for (const picture of shown) {
    const { product, scene, preset = '' } = picture.cell;
    const row = JSON.stringify([product, scene, preset]);
    rows.set(row, [...(rows.get(row) ?? []), picture]);
  }
  const drawn: SheetRow[] = [];
  for (const row of rows.values()) drawn.push(await sheetRow(row, folder));
  const left = planned.length - shown.length;
  const sheet = await drawContactSheet({
    title: basename(folder.path),
    rows: drawn,
    cellSize: CELL_PX,
    ...(left > 0 && { footer: `${left} more are in the folder.` }),
  });
  const path = join(folder.path, SHEET_NAME);
  await writeFileAtomically(path, await encodePng(sheet), USER_MODES);
  return path;
}

async function sheetRow(row: readonly PlannedPicture[], folder: CatalogueFolder): Promise<SheetRow> {
  const { product, scene } = row[0]!.cell;
  const pictures: (Picture | undefined)[] = [];
  const captions: string[] = [];
  for (const picture of row) {
    const { width, height, seed } = picture.cell;
    const found = await thumbnail(picture, folder);
    pictures.push(found);
    captions.push(`${width}x${height}, seed ${seed}${found === undefined ? ': not made' : ''}`);
  }
  return {
    label: product,
    note: cellPrompt({ product, scene }).replace(`@${product} `, ''),
    pictures,
    captions,
  };
}

/** Undefined where it is not there; one that somebody changed since may be no picture any more. */
async function thumbnail(picture: PlannedPicture, folder: CatalogueFolder): Promise<Picture | undefined> {
  if (!folder.has(picture)) return undefined;
  const found = await decodePicture(folder.fileOf(picture.file)).catch(() => undefined);
  if (found === undefined) return undefined;
  const scale = Math.min(1, CELL_PX / Math.max(found.width, found.height));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return scale === 1 ? found : resizePicture(found, side(found.width), side(found.height), 'sharp');
}
