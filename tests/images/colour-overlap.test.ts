import { expect, it } from 'vitest';
import { colourHistogram, colourOverlap } from '../../companion/images/colour-overlap.ts';
import { detailOf } from '../../companion/images/detail.ts';
import { type Picture, picture, plainPicture, type Rgb } from '../../companion/images/picture.ts';

const all = () => true;
const coloursOf = (source: Picture) => colourHistogram(source, all);
const plain = (colour: Rgb) => plainPicture(16, 16, colour);
const yellow: Rgb = [240, 210, 20];

/** Squares of `side` pixels in two colours by turns. */
function squares(side: number, one: Rgb, other: Rgb): Picture {
  const data = Uint8Array.from({ length: 32 * 32 }, (_, at) => at).reduce(
    (bytes, _, at) => {
      const isOne = (Math.floor((at % 32) / side) + Math.floor(at / 32 / side)) % 2 === 0;
      bytes.set(isOne ? one : other, at * 3);
      return bytes;
    },
    new Uint8Array(32 * 32 * 3),
  );
  return picture(32, 32, 3, data);
}

it('colours overlap whole with themselves, nearly with a shade of them, and not with others', () => {
  expect(colourOverlap(coloursOf(plain(yellow)), coloursOf(plain(yellow)))).toBeCloseTo(1, 6);
  expect(colourOverlap(coloursOf(plain(yellow)), coloursOf(plain([236, 207, 24])))).toBeGreaterThan(0.8);
  expect(colourOverlap(coloursOf(plain(yellow)), coloursOf(plain([90, 40, 160])))).toBe(0);
});

it('colours that nobody counts overlap with none', () => {
  const none = colourHistogram(plain(yellow), () => false);
  expect(colourOverlap(none, coloursOf(plain(yellow)))).toBe(0);
});

it('detail is none in one tone, and more the finer a pattern is', () => {
  expect(detailOf(plain(yellow))).toBe(0);
  const [coarse, fine] = [8, 2].map((side) => detailOf(squares(side, [0, 0, 0], [255, 255, 255])));
  expect(fine).toBeGreaterThan(2 * coarse!);
});
