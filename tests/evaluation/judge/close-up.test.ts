import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { picture } from '../../../companion/images/picture.ts';
import {
  closeUp,
  largestPiece,
  longerSide,
  reducedTo,
  type SeenObject,
} from '../../../evaluation/judge/close-up.ts';

const SIDE = 96;

/** A product of 40 x 30 px with a soft edge, on a picture that differs everywhere; `patch` is ground that was found as well. */
function seen(patch: number): SeenObject {
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) => (at * 7 + (at >> 5)) % 256);
  const object = new Float32Array(SIDE * SIDE).map((_, pixel) => {
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    const beyond = Math.max(5 - x, x - 44, 50 - y, y - 79);
    const product = beyond <= 0 ? 1 : beyond <= 2 ? 0.4 : 0;
    return x >= 70 && x < 80 && y >= 4 && y < 16 ? patch : product;
  });
  return { picture: picture(SIDE, SIDE, 3, data), object };
}

/** One for what is seen alike, byte for byte. */
function fingerprint({ picture: { data }, object }: SeenObject): string {
  return createHash('sha256').update(data).update(object).digest('hex');
}

describe('a product as large as the judge knows it', () => {
  it('is the same with and without a patch of ground that was found elsewhere', async () => {
    const [clean, patched] = [seen(0), seen(0.9)];
    expect(longerSide(patched)).toBeGreaterThan(70);
    const piece = largestPiece(patched);
    expect(fingerprint(piece)).toBe(fingerprint(clean));
    expect(fingerprint(closeUp(piece))).toBe(fingerprint(closeUp(clean)));
    expect(fingerprint(await reducedTo(30, piece))).toBe(fingerprint(await reducedTo(30, clean)));
  });

  it('keeps its soft edge and its holes, and is nothing where nothing was found', () => {
    const clean = seen(0);
    expect(fingerprint(largestPiece(clean))).toBe(fingerprint(clean));
    const holed = { ...clean, object: clean.object.slice().fill(0.1, 60 * SIDE + 20, 60 * SIDE + 24) };
    expect(fingerprint(largestPiece(holed))).toBe(fingerprint(holed));
    const nothing = { ...clean, object: clean.object.slice().fill(0.2) };
    expect(Math.max(...largestPiece(nothing).object)).toBe(0);
  });
});
