/** Contact sheet of a trial: references, then the arms below each other, a scene a column. */

import type { Picture, Rgb } from '../../companion/images/picture.ts';
import { resizePicture } from '../../companion/images/resize.ts';
import {
  type ContactSheet,
  drawContactSheet,
  type SheetRow,
} from '../../companion/images/sheets/contact-sheet.ts';
import { overlayMask } from '../../companion/images/sheets/mask-overlay.ts';
import type { Arm } from '../trials/arms.ts';
import type { Placed } from '../trials/placing-trial.ts';

export interface TrialSheetOptions {
  readonly title: string;
  readonly subtitle: string;
  readonly footer: string;
  /** As they are shown: whole frames. */
  readonly references: readonly Picture[];
  /** The description in the prompt, for the row of the base model. */
  readonly description: string;
  /** The seed whose pictures are shown. */
  readonly seed: number;
  /** Mode of the mask that the sheet shows: the model's default. */
  readonly localized: 'median' | 'adaptive';
}

const MASK_COLOUR: Rgb = [255, 64, 129];

/** Pictures of 128 px are shown at one and a half times their size: small enough to stay honest, large enough to see. */
const CELL_SIDE = 192;

export async function drawTrialSheet(
  placed: readonly Placed[],
  options: TrialSheetOptions,
): Promise<Picture> {
  const shown = placed.filter(({ seed }) => seed === options.seed);
  const of = (key: Arm['key']) => shown.filter(({ arm }) => arm === key);
  const row = (key: Arm['key'], label: string, note: string): SheetRow => ({
    label,
    note,
    pictures: of(key).map(({ picture }) => picture),
  });
  const localized = of(options.localized);
  const sheet: ContactSheet = {
    title: options.title,
    subtitle: options.subtitle,
    footer: options.footer,
    cellSize: CELL_SIDE,
    rows: [
      { label: 'References', note: 'What it was taught from.', pictures: options.references },
      row('words', 'Base model', `Told in words: “${options.description}”.`),
      row('full', 'Full residual', 'The residual acts everywhere.'),
      row(options.localized, 'Localized', 'The residual acts only on the product.'),
      {
        label: 'Where it acted',
        note: 'The mask over the picture above.',
        pictures: await Promise.all(localized.map(withMask)),
        captions: localized.map(({ placement }) => placement),
      },
    ],
  };
  return drawContactSheet(sheet);
}

async function withMask({ picture, mask }: Placed): Promise<Picture | undefined> {
  if (mask === undefined) return undefined;
  const large = await resizePicture(picture, CELL_SIDE, CELL_SIDE, 'smooth');
  return overlayMask(large, { rows: mask.rows, columns: mask.columns, values: mask.values }, MASK_COLOUR);
}
