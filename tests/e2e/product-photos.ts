/** Photos of a product with their backgrounds: an example's cut-outs on plain tables, with a shadow and the grain of a camera. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { EXAMPLES } from '../../companion/model-store/catalogue.ts';

/** Sides in image pixels. */
const PHOTO = { width: 640, height: 560 } as const;
const PRODUCT_SIDE = 430;

type Rgb = readonly [number, number, number];

/** Wall and table, of little colour: a product of strong colours stands out from each. */
const PLACES: readonly { readonly wall: Rgb; readonly table: Rgb }[] = [
  { wall: [206, 208, 206], table: [158, 154, 150] },
  { wall: [176, 182, 188], table: [222, 220, 216] },
  { wall: [232, 229, 224], table: [190, 186, 181] },
  { wall: [142, 145, 147], table: [196, 198, 199] },
];

/** PNGs, one a place. */
export function productPhotos(): Promise<readonly { readonly name: string; readonly bytes: Buffer }[]> {
  return Promise.all(
    PLACES.map(async (place, index) => {
      const file = readFileSync(join(EXAMPLES, `aurora/cutout-0${index + 1}.png`));
      const product = await sharp(file).resize(PRODUCT_SIDE, PRODUCT_SIDE).png().toBuffer();
      const side = { width: PRODUCT_SIDE, height: PRODUCT_SIDE };
      const alpha = await sharp(product).extractChannel('alpha').linear(0.45).blur(16).raw().toBuffer();
      const shadow = await sharp({ create: { ...side, channels: 3, background: '#1c1c1e' } })
        .joinChannel(alpha, { raw: { ...side, channels: 1 } })
        .png()
        .toBuffer();
      const [left, top] = [100 + 4 * index, 70];
      const bytes = await sharp(grain(place, index), { raw: { ...PHOTO, channels: 3 } })
        .composite([
          { input: shadow, left: left + 14, top: top + 22 },
          { input: product, left, top },
        ])
        .png()
        .toBuffer();
      return { name: `photo ${index + 1}.png`, bytes };
    }),
  );
}

/** Light that falls off to the sides, an edge of the table out of focus, and noise. */
function grain({ wall, table }: (typeof PLACES)[number], seed: number): Uint8Array {
  const { width, height } = PHOTO;
  const data = new Uint8Array(width * height * 3);
  let state = seed + 1;
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [(at % width) / width, Math.floor(at / width) / height];
    const isTable = 1 / (1 + Math.exp(-40 * (y - 0.58)));
    const light = 1.04 - 0.5 * ((x - 0.4) ** 2 + (y - 0.45) ** 2);
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const noise = 10 * (state / 2_147_483_648 - 0.5);
    for (let channel = 0; channel < 3; channel++) {
      const tone = wall[channel]! + (table[channel]! - wall[channel]!) * isTable;
      data[at * 3 + channel] = Math.max(0, Math.min(255, tone * light + noise));
    }
  }
  return data;
}
