/** Share of what a concept changes, against the base model's picture of the same noise, that lies in its drawn region. */

import type { Picture } from '../companion/images/picture.ts';
import { makePlaced, mean, type PlacedSubject, type PlacingRun } from './products-together.ts';

const REGION = { x: 0.2, y: 0.2, width: 0.6, height: 0.65 } as const;

const SCENES = ['on a beach', 'in the snow', 'on grass', 'on a street'] as const;

/** @returns rows of a table: what is done with the rest, pictures, mean share of the change inside */
export async function measureRegions(
  run: PlacingRun,
  subjects: readonly PlacedSubject[],
  pictures: number,
  say: (line: string) => void,
): Promise<readonly (readonly string[])[]> {
  const shares = { free: [] as number[], kept: [] as number[] };
  for (let index = 0; index < pictures; index++) {
    const subject = subjects[index % subjects.length]!;
    const scene = SCENES[Math.floor(index / subjects.length) % SCENES.length]!;
    const make = (changes: Parameters<typeof makePlaced>[3]) =>
      makePlaced(run, `@${subject.name} ${scene}`, [subject], { seed: index, ...changes });
    const base = await make({ strength: 0 });
    const regions = [{ concept: subject.name, ...REGION }];
    shares.free.push(shareInside(base, await make({ regions })));
    shares.kept.push(shareInside(base, await make({ regions, keepRest: true })));
    say(`${index + 1}: ${shares.free.at(-1)!.toFixed(3)} ${shares.kept.at(-1)!.toFixed(3)}`);
  }
  return [
    ['no residual', `${shares.free.length}`, mean(shares.free).toFixed(3)],
    ['the rest is kept', `${shares.kept.length}`, mean(shares.kept).toFixed(3)],
  ];
}

/** Share of the sum of absolute differences; 1 where nothing changed. */
function shareInside(base: Picture, made: Picture): number {
  const { width, height } = base;
  let [inside, all] = [0, 0];
  for (const [index, value] of made.data.entries()) {
    const pixel = Math.floor(index / 3);
    const [x, y] = [((pixel % width) + 0.5) / width, (Math.floor(pixel / width) + 0.5) / height];
    const change = Math.abs(value - base.data[index]!);
    all += change;
    const isInside =
      x >= REGION.x && x <= REGION.x + REGION.width && y >= REGION.y && y <= REGION.y + REGION.height;
    if (isInside) inside += change;
  }
  return all === 0 ? 1 : inside / all;
}
