/** The conformance table: each row is one use of an op with the answer from plain TypeScript. */
import { ATTENTION_ROWS } from './attention.ts';
import { CONVOLUTION_ROWS } from './convolution.ts';
import { ELEMENTWISE_ROWS } from './elementwise.ts';
import { INDEXING_ROWS } from './indexing.ts';
import { LINEAR_ALGEBRA_ROWS } from './linear-algebra.ts';
import { NORMALIZATION_ROWS } from './normalization.ts';
import { REDUCTIONS_ROWS } from './reductions.ts';
import type { Row } from './row.ts';
import { SHAPE_ROWS } from './shape.ts';

export const ROWS: readonly Row[] = [
  ...ELEMENTWISE_ROWS,
  ...SHAPE_ROWS,
  ...INDEXING_ROWS,
  ...REDUCTIONS_ROWS,
  ...LINEAR_ALGEBRA_ROWS,
  ...NORMALIZATION_ROWS,
  ...ATTENTION_ROWS,
  ...CONVOLUTION_ROWS,
];
