/** A study in numbers: every row by itself, and against the recommended one on the same scenes and seeds. */

import { type PictureFigures, pictureFigures, type Scored } from '../report/trial-figures.ts';
import { type Estimate, estimate, median } from '../statistics/statistics.ts';
import type { GroupTrials, RowTrial } from './study.ts';
import type { GroupKey, StudyGroup } from './study-groups.ts';

/** Above the recommended row's, picture by picture. */
interface Differences {
  readonly identity: Estimate;
  readonly backgroundChange: Estimate;
  readonly sceneAccuracy: Estimate;
  /** Undefined where a mask acts in one of the two rows only. */
  readonly maskOverlap: Estimate | undefined;
}

export interface RowFigures extends PictureFigures {
  readonly value: string;
  readonly isPaper: boolean;
  readonly isRecommended: boolean;
  /** Median time of one product; undefined where every teaching was interrupted. */
  readonly teachingSeconds: number | undefined;
  /** Undefined for the recommended row. */
  readonly differences: Differences | undefined;
}

export interface GroupFigures {
  readonly key: GroupKey;
  readonly title: string;
  readonly part: StudyGroup['part'];
  readonly rows: readonly RowFigures[];
  /** The value of the row that {@link isClearlyBetter}; the recommended one's where none is. */
  readonly winner: string;
}

export function studyFigures(
  groups: readonly GroupTrials[],
  sceneOf: (placement: string) => string,
): GroupFigures[] {
  return groups.map(({ key, title, part, rows: trials }) => {
    const own = trials.find(({ row }) => row.isRecommended)!;
    const rows = trials.map((trial) => rowFigures(trial, own.scored, sceneOf));
    const better = rows.filter(({ differences }) => differences && isClearlyBetter(differences));
    const winner = [...better].sort((one, other) => other.identity.mean - one.identity.mean)[0];
    return { key, title, part, rows, winner: winner?.value ?? own.row.value };
  });
}

/**
 * Better in identity, scene or background by more than chance between the scenes, and worse in none of them. What
 * trades one for the other is a matter of taste, and stays one.
 */
function isClearlyBetter({ identity, sceneAccuracy, backgroundChange }: Differences): boolean {
  const calm = { low: -backgroundChange.high, high: -backgroundChange.low };
  const gains = [identity, sceneAccuracy, calm];
  return gains.some(({ low }) => low > 0) && gains.every(({ high }) => high >= 0);
}

function rowFigures(
  { row, scored, teachingSeconds }: RowTrial,
  own: readonly Scored[],
  sceneOf: (placement: string) => string,
): RowFigures {
  const { value, isPaper, isRecommended } = row;
  return {
    value,
    isPaper,
    isRecommended,
    ...pictureFigures(scored, { clusterOf, sceneOf }),
    teachingSeconds: teachingSeconds.length === 0 ? undefined : median(teachingSeconds),
    differences: isRecommended ? undefined : differences(scored, own, sceneOf),
  };
}

/** Products and scenes together: two products alone would give no interval worth the name. */
function clusterOf({ product, placement }: Scored): string {
  return `${product} ${placement}`;
}

function differences(
  scored: readonly Scored[],
  own: readonly Scored[],
  sceneOf: (placement: string) => string,
): Differences {
  const above = (of: (one: Scored) => number) =>
    // All rows are placed in the same order.
    estimate(scored.map((one, index) => ({ cluster: clusterOf(one), value: of(one) - of(own[index]!) })));
  const hasMask = [...scored, ...own].every(({ maskOverlap }) => maskOverlap !== undefined);
  return {
    identity: above(({ identity }) => identity),
    backgroundChange: above(({ backgroundChange }) => backgroundChange!),
    sceneAccuracy: above(({ scene, placement }) => (scene === sceneOf(placement) ? 1 : 0)),
    maskOverlap: hasMask ? above(({ maskOverlap }) => maskOverlap!) : undefined,
  };
}
