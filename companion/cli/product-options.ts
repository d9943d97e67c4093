/** Values of `place` for a product: the box it stands in, its shadow, and the light that falls on it. */

import { InvalidArgumentError } from 'commander';
import { LikenessError } from '../../shared/errors.ts';
import type { ImageSize, UnitBox } from '../../shared/geometry.ts';

/** A box as it was typed: its unit is pixels where any number is above 1. */
export type TypedBox = readonly [x: number, y: number, width: number, height: number];

/** "0.1,0.2,0.4,0.6", or in pixels "120,160,480,480". */
export function typedBox(text: string): TypedBox {
  const numbers = text
    .split(',')
    .map((part) => (/^\d*\.?\d+$/.test(part.trim()) ? Number(part) : Number.NaN));
  const [x, y, width, height] = numbers as [number, number, number, number];
  if (numbers.length === 4 && !numbers.some(Number.isNaN) && width > 0 && height > 0)
    return [x, y, width, height];
  throw new InvalidArgumentError(
    'Expected x,y,width,height, in shares of the picture (0 to 1) or in pixels.',
  );
}

/**
 * The box in shares of a picture of this size.
 * @throws LikenessError `input` for pixels of a picture whose size is not given, or a box outside of it
 */
export function boxIn(box: TypedBox, size: ImageSize | undefined): UnitBox {
  const isPixels = box.some((value) => value > 1);
  if (isPixels && size === undefined) {
    throw new LikenessError('input', '--box is in pixels, and the size of the picture is not given', {
      advice: 'Give --size as well, or the box in shares of the picture, from 0 to 1.',
    });
  }
  const [across, down] = isPixels ? [size!.width, size!.height] : [1, 1];
  const [x, y] = [box[0] / across, box[1] / down];
  if (x < 1 && y < 1) return { x, y, width: box[2] / across, height: box[3] / down };
  throw new LikenessError('input', 'the box of the product lies outside of the picture', {
    advice: 'Give x, y, width and height from the top left, in pixels or in shares from 0 to 1.',
  });
}

/** 0 to 1, or "off". */
export function shadowOpacity(text: string): number {
  const value = text === 'off' ? 0 : Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a number from 0 to 1, or off.');
}

/** Light from the side that is not wholly from there: some of it falls on what the viewer sees. */
const SIDE_DEGREES = 60;

/** "left", "right", or degrees seen from above. */
export function lightDegrees(text: string): number {
  if (text === 'left') return -SIDE_DEGREES;
  if (text === 'right') return SIDE_DEGREES;
  const value = Number(text);
  if (text.trim() !== '' && value >= -180 && value <= 180) return value;
  throw new InvalidArgumentError('Expected left, right, or degrees from -180 to 180.');
}
