import { describe, expect, it } from 'vitest';
import { outlinePixels } from '../../../plugin/ui/canvas/mask-outline.ts';
import { type CellMask, maskTrouble } from '../../../shared/mask.ts';

const COLOUR = [255, 0, 142] as const;
const SIDE = 40;

/** A mask of which those cells are inside that are marked. */
function drawn(...lines: readonly string[]): CellMask {
  const cells = [...lines.join('')];
  return { rows: lines.length, columns: lines[0]!.length, values: cells.map((mark) => Number(mark === '#')) };
}

describe('a mask over its picture', () => {
  const half = drawn('##..', '##..', '##..', '##..');
  const pixels = outlinePixels(half, SIDE, SIDE, COLOUR);
  const pixelAt = (x: number) => [...pixels.subarray((20 * SIDE + x) * 4, (20 * SIDE + x) * 4 + 4)];

  it('is outlined, and the picture keeps its colours inside and outside', () => {
    expect(pixelAt(19)).toEqual([255, 0, 142, 255]);
    expect(pixelAt(2)).toEqual([0, 0, 0, 0]);
    expect(pixelAt(37)).toEqual([0, 0, 0, 0]);
  });
});

describe('the fault of a mask', () => {
  const product = drawn('......', '.##...', '.###..', '.##...', '......', '......');

  it('is none where one product was found clearly', () => {
    expect(maskTrouble(product, 0.8)).toBeUndefined();
  });

  it('is that it covers almost all, or nothing', () => {
    expect(maskTrouble(drawn('####', '####', '####', '###.'), 0.9)).toBe('everywhere');
    expect(maskTrouble(drawn('....', '....'), 0.9)).toBe('absent');
  });

  it('is that it is in pieces, where none of them is most of it', () => {
    expect(maskTrouble(drawn('##..#', '.....', '#...#', '#...#'), 0.9)).toBe('pieces');
    expect(maskTrouble(drawn('#....', '..###', '..###', '#.###'), 0.9)).toBeUndefined();
    // The last cell of a row and the first of the next are no neighbours.
    expect(maskTrouble(drawn('#.#', '...', '#.#', '...'), 0.9)).toBe('pieces');
  });

  it('is that the model is not sure, where nothing else is wrong', () => {
    expect(maskTrouble(product, 0.59)).toBe('unsure');
  });
});
