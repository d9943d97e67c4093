/** An evaluation to look at: what each arm made of each product, and what the base model made of fixed prompts. */

import type { Picture, Rgb } from '../../companion/images/picture.ts';
import { resizePicture } from '../../companion/images/resize.ts';
import { drawContactSheet, type SheetRow } from '../../companion/images/sheets/contact-sheet.ts';
import { outlineMask } from '../../companion/images/sheets/mask-overlay.ts';
import type { ProductTrial } from '../evaluation.ts';
import { plain } from '../statistics/interval.ts';
import { ARMS, type Arm } from '../trials/arms.ts';
import type { BaseSample } from '../trials/base-trial.ts';
import type { Placed } from '../trials/placing-trial.ts';

/** Eight columns then fit on a page that is read at its own size. */
const CELL_SIDE = 160;

const MASK_COLOUR: Rgb = [255, 64, 129];

/** Frames that are shown of each product; the others look much the same. */
const SHOWN_REFERENCES = 2;

const CAPTIONS: Readonly<Record<Arm['key'], string>> = {
  words: 'Told in words',
  base: 'Base, same prompt',
  full: 'Full residual',
  median: 'LAG median',
  adaptive: 'LAG adaptive',
  attention: 'LAG attention',
};

export async function drawPlacingSheet(
  products: readonly ProductTrial[],
  { model, seed }: { readonly model: string; readonly seed: number },
): Promise<Picture> {
  const rows: SheetRow[] = [];
  for (const [index, trial] of products.entries()) {
    // Another scene in each row, so that all of them are seen.
    const { placements } = trial.product;
    rows.push(await placingRow(trial, placements[index % placements.length]!, seed));
  }
  return drawContactSheet({
    title: 'Products that the model never saw, placed in new scenes',
    subtitle:
      'Every row has one scene and one seed. Numbers: identity against the references, and the overlap of mask and object. The outline is where the residual acted.',
    footer: `Model ${model}. Not chosen: the first seed, and the scenes in turn. Pictures are AI-made.`,
    cellSize: CELL_SIDE,
    rows,
  });
}

async function placingRow(
  { product, references, placed }: ProductTrial,
  placement: string,
  seed: number,
): Promise<SheetRow> {
  const shown = placed.filter((one) => one.placement === placement && one.seed === seed);
  const inOrder = ARMS.flatMap(({ key }) => shown.filter(({ arm }) => arm === key));
  const frames = references.slice(0, SHOWN_REFERENCES);
  return {
    label: `${product.name}, a ${product.classWord}`,
    note: `“${product.description}” ${placement}. Unseen: ${product.unseen.join(', ')}.`,
    pictures: [...frames, ...(await Promise.all(inOrder.map(withOutline)))],
    captions: [...frames.map(() => 'Reference'), ...inOrder.map(captionOf)],
  };
}

async function withOutline({ picture, mask }: Placed): Promise<Picture> {
  const large = await resizePicture(picture, CELL_SIDE, CELL_SIDE, 'smooth');
  return mask === undefined ? large : outlineMask(large, mask, MASK_COLOUR);
}

function captionOf({ arm, identity, maskOverlap }: Placed): string {
  const overlap = maskOverlap === undefined ? '' : `, mask ${plain(maskOverlap)}`;
  return `${CAPTIONS[arm]} ${plain(identity)}${overlap}`;
}

const SAMPLES_A_ROW = 4;

export async function drawBaseSheet(fixed: readonly BaseSample[], model: string): Promise<Picture> {
  const rows: SheetRow[] = [];
  for (let start = 0; start < fixed.length; start += SAMPLES_A_ROW) {
    const part = fixed.slice(start, start + SAMPLES_A_ROW);
    rows.push({
      label: `${start + 1} to ${start + part.length}`,
      pictures: part.map(({ picture }) => picture),
      captions: part.map(baseCaption),
    });
  }
  return drawContactSheet({
    title: 'What the base model makes of fixed prompts',
    subtitle: 'In brackets: what the attribute classifier does not find.',
    footer: `Model ${model}. One seed a prompt, none chosen. Pictures are AI-made.`,
    rows,
  });
}

function baseCaption({ prompt, right }: BaseSample): string {
  const wrong = Object.entries(right).flatMap(([aspect, isRight]) => (isRight ? [] : [aspect]));
  return wrong.length === 0 ? prompt : `${prompt} [${wrong.join(', ')}]`;
}
