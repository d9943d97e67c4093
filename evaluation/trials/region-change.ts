/** Share of what a concept changes, against the base model's picture of the same noise, that lies in its drawn region. */

import type { Picture } from '../../companion/images/picture.ts';
import type { PictureMaker } from './picture-making.ts';
import type { PlacedSubject } from './products-together.ts';

const REGION = { x: 0.2, y: 0.2, width: 0.6, height: 0.65 } as const;

const SCENES = ['on a beach', 'in the snow', 'on grass', 'on a street'] as const;

/** Shares of the change of one picture, 0 to 1. */
export interface RegionChange {
  /** Without a residual outside of the region. */
  readonly free: number;
  /** As it is where nothing is said of the rest. */
  readonly usual: number;
  /** With the rest kept. */
  readonly kept: number;
}

/** Yields every picture's shares: products and scenes take turns, each picture has a seed of its own. */
export async function* regionChanges(
  make: PictureMaker,
  subjects: readonly PlacedSubject[],
  pictures: number,
): AsyncGenerator<RegionChange, void> {
  for (let index = 0; index < pictures; index++) {
    const { name, concept } = subjects[index % subjects.length]!;
    const scene = SCENES[Math.floor(index / subjects.length) % SCENES.length]!;
    const regions = [{ concept: name, ...REGION }];
    const spec = { prompt: `@${name} ${scene}`, concept, seed: index, settings: {} };
    const [base, free, usual, kept] = [
      await make({ ...spec, label: `region-base-${name}-${index}`, strength: 0 }),
      await make({ ...spec, label: `region-free-${name}-${index}`, placing: { regions, keepRest: false } }),
      await make({ ...spec, label: `region-usual-${name}-${index}`, placing: { regions } }),
      await make({ ...spec, label: `region-kept-${name}-${index}`, placing: { regions, keepRest: true } }),
    ].map(({ picture }) => picture);
    const [inFree, inUsual, inKept] = [free, usual, kept].map((made) => shareInside(base!, made!));
    yield { free: inFree!, usual: inUsual!, kept: inKept! };
  }
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
