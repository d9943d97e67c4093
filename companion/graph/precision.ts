/**
 * Precision of a graph: whether it computes in float32 alone, or its products in half precision. It is chosen once, when
 * the graph is made; casts come in as operators are appended, by what each of them says of itself (mixed precision,
 * Micikevicius et al. 2018, arXiv 1710.03740, in the form of PyTorch's autocast). So forward pass, loss and gradients
 * are written once for both.
 */
import { float32ToHalf } from '../tensor/half.ts';
import type { DType, Tensor } from '../tensor/tensor.ts';

/** Type of weights and of what is computed between norms. */
export type Precision = 'float32' | 'float16';

/**
 * Operands of an op in a graph of half precision: `half` and `full` have all of them in one precision. `widest`, the
 * default, in half where all are, but for constants, which follow. `own` takes them as they come.
 */
export type OperandPrecision = 'half' | 'full' | 'widest' | 'own';

/** Largest finite half. */
const LARGEST_HALF = 65_504;

/** True for the types that a precision changes; integers and booleans have one. */
export function isFloat(dtype: DType): dtype is Precision {
  return dtype === 'float32' || dtype === 'float16';
}

/** A float32 constant in half precision. What is beyond its range, as a mask's lowest number, becomes its largest. */
export function halfTensor({ shape, data }: Tensor<'float32'>): Tensor<'float16'> {
  const within = data.map((value) => Math.min(LARGEST_HALF, Math.max(-LARGEST_HALF, value)));
  return { dtype: 'float16', shape, data: float32ToHalf(within) };
}
