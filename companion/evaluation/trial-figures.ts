/** What a trial says in numbers, an arm a line. */

import { ARMS, type Arm } from './arms.ts';
import type { Placed } from './placing-trial.ts';
import { type Estimate, estimate } from './scores.ts';

export interface ArmFigures {
  readonly arm: Arm['key'];
  readonly title: string;
  readonly pictures: number;
  /** Likeness to the references, 0 to 1. */
  readonly identity: Estimate;
  /** Change of the background against the base picture, in levels of 255. */
  readonly backgroundChange: Estimate | undefined;
  /** Intersection over union of the mask with the object. */
  readonly maskOverlap: Estimate | undefined;
}

export function armFigures(placed: readonly Placed[]): ArmFigures[] {
  return ARMS.filter(({ key }) => placed.some(({ arm }) => arm === key)).map(({ key, title }) => {
    const own = placed.filter(({ arm }) => arm === key);
    const known = (of: (one: Placed) => number | undefined): Estimate | undefined => {
      const values = own.map(of).filter((value) => value !== undefined);
      return values.length === 0 ? undefined : estimate(values);
    };
    return {
      arm: key,
      title,
      pictures: own.length,
      identity: estimate(own.map(({ identity }) => identity)),
      backgroundChange: known((one) => one.backgroundChange),
      maskOverlap: known((one) => one.maskOverlap),
    };
  });
}
