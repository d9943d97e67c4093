/** matmul: products of matrices and of stacks of them, one function over three kernels that lowering chooses from. */
import type { Shape } from '../../tensor/tensor.ts';
import {
  apply,
  broadcastShapes,
  defineOp,
  type LoweringOptions,
  mismatch,
  type OpCall,
  operand,
  requireFloat,
  requireRank,
  sameShape,
} from '../op.ts';
import { type Attributes, floatOf, intOf, type Value, type ValueType } from '../value.ts';
import { add, mul } from './elementwise.ts';
import { beforeReshape, reshape, transpose } from './shape.ts';

export interface MatmulOptions {
  /** Read each matrix of `a` as its transpose, where it lies. Default false. */
  readonly transposeA?: boolean;
  /** Default false. */
  readonly transposeB?: boolean;
  /** Factor of the product. Default 1. */
  readonly scale?: number;
  /** Added to the scaled product, and stretched to its shape. */
  readonly add?: Value | undefined;
}

/** scale * a [..., N, K] times b [..., K, M], plus `add`; leading axes broadcast. */
export function matmul(a: Value, b: Value, options: MatmulOptions = {}): Value {
  const { transposeA = false, transposeB = false, scale = 1, add: added } = options;
  return apply(MatrixProduct, added === undefined ? [a, b] : [a, b, added], {
    transposeA: { int: transposeA ? 1 : 0 },
    transposeB: { int: transposeB ? 1 : 0 },
    scale: { float: scale },
  });
}

function optionsOf(attributes: Attributes) {
  return {
    transposeA: intOf(attributes, 'transposeA') === 1,
    transposeB: intOf(attributes, 'transposeB') === 1,
    scale: floatOf(attributes, 'scale'),
  };
}

const MatrixProduct = defineOp({
  name: 'MatrixProduct',
  domain: 'likeness',
  precision: 'half',
  infer: (call) => {
    const { transposeA, transposeB } = optionsOf(call.attributes);
    return inferProduct(call, transposeA, transposeB);
  },
  // with A' = op(A), B' = op(B): dA' = s d B'^T, dB' = s A'^T d, each transposed where op is a transposition
  gradient: ({ inputs: [a, b], d, attributes }) => {
    const { transposeA, transposeB, scale } = optionsOf(attributes);
    const byA = () =>
      transposeA
        ? matmul(b, d, { transposeA: transposeB, transposeB: true, scale })
        : matmul(d, b, { transposeB: !transposeB, scale });
    const byB = () => {
      // One matrix for a whole batch: one product sums over the batch, without a gradient for each member.
      const isShared = b.shape.length === 2 && a.shape.length > 2 && !transposeA;
      const [x, y] = isShared ? [rowsOf(a), rowsOf(d)] : [a, d];
      return transposeB
        ? matmul(y, x, { transposeA: true, transposeB: transposeA, scale })
        : matmul(x, y, { transposeA: !transposeA, scale });
    };
    return [byA, byB, () => d];
  },
  lower: ({ inputs: [a, b, added], attributes, options }) => [
    lowerMatmul(a, b, { ...optionsOf(attributes), add: added }, options),
  ],
});

/** Gemm for matrices, FusedMatMul for stacks of which one is transposed or scaled, MatMul for the others. */
export function lowerMatmul(a: Value, b: Value, product: MatmulOptions, lowering: LoweringOptions): Value {
  const { transposeA = false, transposeB = false, scale = 1, add: added } = product;
  const transpositions = { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } };
  if (a.shape.length === 2 && b.shape.length === 2) {
    const alpha = scale === 1 ? {} : { alpha: { float: scale } };
    return apply(Gemm, added === undefined ? [a, b] : [a, b, added], { ...transpositions, ...alpha });
  }
  const plus = (whole: Value) => (added === undefined ? whole : add(whole, added));
  if (!transposeA && !transposeB && scale === 1) return plus(apply(MatMul, [a, b]));
  if (lowering.fusedAttention !== false) {
    return plus(apply(FusedMatMul, [a, b], { ...transpositions, alpha: { float: scale } }));
  }
  const whole = apply(MatMul, [transposeA ? transposed(a) : a, transposeB ? transposed(b) : b]);
  return plus(scale === 1 ? whole : mul(whole, scale));
}

/**
 * a + b. Where `b` is a product of matrices, possibly reshaped, the kernel that makes it adds `a` as it goes: one node
 * and one pass less. The product without the sum is left unread, and lowering drops it.
 */
export function addToProduct(a: Value, b: Value): Value {
  const made = beforeReshape(b);
  const node = made.producer;
  if (node?.op !== MatrixProduct || node.inputs.length > 2 || made.shape.length > 2) return add(a, b);
  const [left, right] = node.inputs as [Value, Value];
  const sum = matmul(left, right, { ...optionsOf(node.attributes), add: reshape(a, made.shape) });
  return reshape(sum, b.shape);
}

/**
 * x [..., in] times the transpose of weight [out, in], plus bias [out]: PyTorch's layout, read as it lies in the
 * checkpoint. Rows of one matrix, because Gemm's backward pass is a Gemm on the same bytes; MatMul would need a
 * transposed copy.
 */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  const [out, inputs] = weight.shape;
  if (weight.shape.length !== 2 || x.shape.at(-1) !== inputs) {
    throw mismatch('linear', `input features ${x.shape.at(-1)} must match weight [${weight.shape}]`);
  }
  const product = matmul(rowsOf(x), weight, { transposeB: true, add: bias });
  return reshape(product, [...x.shape.slice(0, -1), out!]);
}

/** All but the last axis as one. */
function rowsOf(x: Value): Value {
  return reshape(x, [-1, x.shape.at(-1)!]);
}

/** The transpose of each matrix of a stack. */
export function transposed(x: Value): Value {
  const rank = x.shape.length;
  return transpose(x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

/** op(A) [..., N, K], op(B) [..., K, M], and C, where there is one, that stretches to [..., N, M]. */
function inferProduct(call: OpCall, transposeA: boolean, transposeB: boolean): readonly ValueType[] {
  const dtype = requireFloat(call, 0, 1);
  const { name } = call.op;
  const [a, b] = [operand(call, 0).shape, operand(call, 1).shape];
  if (a.length < 2 || b.length < 2) throw mismatch(name, `[${a}] and [${b}] must have at least 2 axes`);
  const [rows, inner] = matrixOf(a, transposeA);
  const [innerB, columns] = matrixOf(b, transposeB);
  if (inner !== innerB) {
    const said = (shape: Shape, isTransposed: boolean) => `[${shape}]${isTransposed ? ' transposed' : ''}`;
    throw mismatch(
      name,
      `columns ${inner} of ${said(a, transposeA)} must match rows ${innerB} of ${said(b, transposeB)}`,
    );
  }
  const shape = [...broadcastShapes(name, a.slice(0, -2), b.slice(0, -2)), rows, columns];
  const added = call.inputs[2];
  if (added !== undefined && !sameShape(broadcastShapes(name, added.shape, shape), shape)) {
    throw mismatch(name, `[${added.shape}] does not stretch to [${shape}]`);
  }
  return [{ dtype, shape }];
}

function matrixOf(shape: Shape, isTransposed: boolean): readonly [number, number] {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  return isTransposed ? [columns, rows] : [rows, columns];
}

function inferTransposing(call: OpCall): readonly ValueType[] {
  const [a, b] = ['transA', 'transB'].map((name) => intOf(call.attributes, name) === 1);
  return inferProduct(call, a!, b!);
}

const MatMul = defineOp({ name: 'MatMul', infer: (call) => inferProduct(call, false, false) });
const FusedMatMul = defineOp({ name: 'FusedMatMul', domain: 'com.microsoft', infer: inferTransposing });
const Gemm = defineOp({
  name: 'Gemm',
  infer: (call) => {
    requireRank(call, 0, 2);
    requireRank(call, 1, 2);
    return inferTransposing(call);
  },
});
