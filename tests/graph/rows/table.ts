/** The conformance table: each row is one use of the vocabulary with the answer from plain TypeScript. */
import { ATTENTION_ROWS } from './attention.ts';
import { ELEMENTWISE_ROWS } from './elementwise.ts';
import { LAYOUT_ROWS } from './layout.ts';
import { LINEAR_ALGEBRA_ROWS } from './linear-algebra.ts';
import { NORMALIZATION_ROWS } from './normalization.ts';
import { REDUCTION_ROWS } from './reduction.ts';
import type { Row } from './row.ts';
import { SPATIAL_ROWS } from './spatial.ts';

export const ROWS: readonly Row[] = [
  ...ELEMENTWISE_ROWS,
  ...LAYOUT_ROWS,
  ...REDUCTION_ROWS,
  ...LINEAR_ALGEBRA_ROWS,
  ...SPATIAL_ROWS,
  ...NORMALIZATION_ROWS,
  ...ATTENTION_ROWS,
];
