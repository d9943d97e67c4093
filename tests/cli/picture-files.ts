/** Picture files that the tests teach from, good and bad. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { encodePng } from '../../companion/images/encode.ts';
import { picture } from '../../companion/images/picture.ts';
import { pngOf } from '../images/decoding/picture-bytes.ts';

const SIDE = 96;

/** `count` pictures of a disc with two tones, each at another place. Returns their folder. */
export async function writeFrames(parent: string, count: number): Promise<string> {
  const folder = join(parent, 'frames');
  mkdirSync(folder);
  for (let frame = 0; frame < count; frame++) {
    const data = new Uint8Array(SIDE * SIDE * 3);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const inside = Math.hypot(x - 40 - 4 * frame, y - 48) < 28;
        const colour = inside ? (y < 48 ? [210, 40, 60] : [40, 60, 190]) : [235, 230, 220];
        data.set(colour, (y * SIDE + x) * 3);
      }
    }
    writeFileSync(join(folder, `${frame + 1}.png`), await encodePng(picture(SIDE, SIDE, 3, data)));
  }
  return folder;
}

/** A sound PNG of one black bit a pixel: 30,000 x 30,000 pack into 110 KB. */
export function blackPng(width: number, height: number): Uint8Array {
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)));
  return pngOf(width, height, [['IDAT', deflateSync(rows, { level: 1 })]], [1, 0]);
}
