/** Figures of a trial, an arm a line. */

import type { PictureScores } from '../judge/picture-scores.ts';
import { type Estimate, estimate, median } from '../statistics/statistics.ts';
import { ARMS, type Arm } from '../trials/arms.ts';
import type { Placed } from '../trials/placing-trial.ts';

/** A picture with its scores. */
export interface Scored extends PictureScores {
  readonly product: string;
  readonly placement: string;
  readonly seed: number;
  readonly seconds: number;
}

export interface PictureFigures {
  readonly pictures: number;
  /** Likeness to the references, 0 to 1. */
  readonly identity: Estimate;
  /** Share of the pictures in which the classifier sees the scene that was asked for; undefined where nobody asked. */
  readonly sceneAccuracy: Estimate | undefined;
  /** Change of the background against the base picture, in levels of 255. */
  readonly backgroundChange: Estimate | undefined;
  /** Intersection over union of the mask with the object. */
  readonly maskOverlap: Estimate | undefined;
  /** For one picture; the median, since the first picture of a kind waits for its graph. */
  readonly seconds: number;
}

export interface ArmFigures extends PictureFigures {
  readonly arm: Arm['key'];
  readonly title: string;
}

export interface FigureOptions {
  /** The group that pictures vary with: the product, or the scene where there is one product only. */
  readonly clusterOf: (one: Scored) => string;
  /** The scene that a placement means, as the classifier calls it. */
  readonly sceneOf?: (placement: string) => string;
}

export function armFigures(placed: readonly Placed[], options: FigureOptions): ArmFigures[] {
  return ARMS.filter(({ key }) => placed.some(({ arm }) => arm === key)).map(({ key, title }) => {
    const own = placed.filter(({ arm }) => arm === key);
    return { arm: key, title, ...pictureFigures(own, options) };
  });
}

/** @param scored at least one picture */
export function pictureFigures(
  scored: readonly Scored[],
  { clusterOf, sceneOf }: FigureOptions,
): PictureFigures {
  const known = (of: (one: Scored) => number | undefined): Estimate | undefined => {
    const samples = scored.flatMap((one) => {
      const value = of(one);
      return value === undefined ? [] : [{ cluster: clusterOf(one), value }];
    });
    return samples.length === 0 ? undefined : estimate(samples);
  };
  return {
    pictures: scored.length,
    identity: known(({ identity }) => identity)!,
    sceneAccuracy: known(({ scene, placement }) => sceneOf && (scene === sceneOf(placement) ? 1 : 0)),
    backgroundChange: known((one) => one.backgroundChange),
    maskOverlap: known((one) => one.maskOverlap),
    seconds: median(scored.map(({ seconds }) => seconds)),
  };
}

/** Two pictures of the same product, scene and seed: `one` by the first arm, `other` by the second. */
export interface Pair {
  readonly one: Placed;
  readonly other: Placed;
}

export function pairsOf(placed: readonly Placed[], first: Arm['key'], second: Arm['key']): Pair[] {
  const keyOf = ({ product, placement, seed }: Placed) => `${product} ${placement} ${seed}`;
  const others = new Map(
    placed.filter(({ arm }) => arm === second).map((other) => [keyOf(other), other] as const),
  );
  return placed
    .filter(({ arm }) => arm === first)
    .flatMap((one) => {
      const other = others.get(keyOf(one));
      return other === undefined ? [] : [{ one, other }];
    });
}
