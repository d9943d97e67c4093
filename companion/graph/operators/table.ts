/** Every operator that a graph may hold. */
import { COMPOSITE } from './composite.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { LAYOUT } from './layout.ts';
import { LINEAR_ALGEBRA } from './linear-algebra.ts';
import { NORMALIZATION } from './normalization.ts';
import type { OperatorTable } from './operator.ts';
import { REDUCTION } from './reduction.ts';
import { SPATIAL } from './spatial.ts';

export const OPERATORS: OperatorTable = {
  ...ELEMENTWISE,
  ...LAYOUT,
  ...REDUCTION,
  ...LINEAR_ALGEBRA,
  ...SPATIAL,
  ...NORMALIZATION,
  ...COMPOSITE,
};
