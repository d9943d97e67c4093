/** Picture files that the tests teach from, good and bad. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { encodePng } from '../../companion/images/encode.ts';
import { picture } from '../../companion/images/picture.ts';

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
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1; // bits a sample; colour type 0 is greyscale
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
