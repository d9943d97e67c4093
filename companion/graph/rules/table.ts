/** Every operator that gradients pass through. TopK and the comparisons are absent on purpose. */
import { ATTENTION_RULES } from './attention.ts';
import { ELEMENTWISE_RULES } from './elementwise.ts';
import { LAYOUT_RULES } from './layout.ts';
import { LINEAR_ALGEBRA_RULES } from './linear-algebra.ts';
import { NORMALIZATION_RULES } from './normalization.ts';
import { REDUCTION_RULES } from './reduction.ts';
import type { RuleTable } from './rule.ts';
import { SPATIAL_RULES } from './spatial.ts';

export const RULES: RuleTable = {
  ...ELEMENTWISE_RULES,
  ...LAYOUT_RULES,
  ...REDUCTION_RULES,
  ...LINEAR_ALGEBRA_RULES,
  ...SPATIAL_RULES,
  ...NORMALIZATION_RULES,
  ...ATTENTION_RULES,
};
