/** residualFindings: why a concept's residuals, sound as they are, change nothing or not what was meant; for whoever imports them. */

import type { Factor, Factors } from '../adapters/factors.ts';

/** One line a finding; empty for residuals that all act. */
export function residualFindings(factors: Factors): readonly string[] {
  const all = [...factors];
  const unscaled = all.filter(([, { scale }]) => scale === 0);
  const empty = all.filter(([, factor]) => factor.scale !== 0 && changesNothing(factor));
  return [
    ...finding(
      unscaled,
      all,
      'alpha is 0',
      'Set alpha to the rank in the program that made it, and save it again.',
    ),
    ...finding(empty, all, 'a factor is all zeros', 'It may have been saved before it was trained.'),
  ];
}

function changesNothing({ down, up }: Factor): boolean {
  return up.every((value) => value === 0) || down.every((value) => value === 0);
}

function finding(
  found: readonly (readonly [path: string, Factor])[],
  all: readonly unknown[],
  reason: string,
  advice: string,
): string[] {
  if (found.length === 0) return [];
  const where = found.length === all.length ? 'in every block' : `in ${found.length} of ${all.length} blocks`;
  return [`${where} ${reason}, so that nothing changes there. ${advice}`];
}
