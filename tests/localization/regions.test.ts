import { expect, it } from 'vitest';
import { fillHoles, keepHeavyRegions, labelRegions } from '../../companion/localization/regions.ts';

/** '#' is 1; rows are separated by blanks. */
function draw(picture: string) {
  const rows = picture.trim().split(/\s+/);
  const mask = Uint8Array.from(rows.join(''), (cell) => (cell === '#' ? 1 : 0));
  return { mask, grid: { height: rows.length, width: rows[0]!.length } };
}

function show(mask: Uint8Array, width: number): string[] {
  const cells = [...mask].map((value) => (value === 1 ? '#' : '.')).join('');
  return cells.match(new RegExp(`.{${width}}`, 'g'))!;
}

it('does not join regions over corners', () => {
  const { mask, grid } = draw('#.. .#. ..#');
  expect(labelRegions(mask, grid, 1).count).toBe(3);
});

it('keeps the heaviest region and those near it in weight', () => {
  const { mask, grid } = draw('##..# ##... ...#.');
  const kept = keepHeavyRegions(mask, Float32Array.from(mask), grid, 0.5);
  expect(show(kept, 5)).toEqual(['##...', '##...', '.....']);
});

it('lets a small region stay that carries much attention', () => {
  const { mask, grid } = draw('##..# ##... .....');
  const weights = Float32Array.from(mask);
  weights[4] = 3;
  expect(show(keepHeavyRegions(mask, weights, grid, 0.5), 5)).toEqual(['##..#', '##...', '.....']);
});

it('fills small holes, and leaves large ones and bays open', () => {
  const { mask, grid } = draw('#####.. #.##### ###...# #.#...# #.#####');
  expect(show(fillHoles(mask, grid, 1), 7)).toEqual(['#####..', '#######', '###...#', '#.#...#', '#.#####']);
});
