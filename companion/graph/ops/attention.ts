/**
 * attention: softmax(scale * q k^T) v as one composite, whose second output is the probabilities. When nothing reads
 * them (no attention map, no gradient) onnxruntime's fused kernel runs, so that one model serves inference and training.
 */
import { elementCount, float32 } from '../../tensor/tensor.ts';
import { cast } from '../cast.ts';
import {
  apply,
  applyAll,
  defineOp,
  type GradientStep,
  lazy,
  operand,
  operandsOf,
  requireFloat,
  requireRank,
  requireShape,
} from '../op.ts';
import { floatOf, type Node, type Value } from '../value.ts';
import { add, mul, sub } from './elementwise.ts';
import { lowerMatmul, matmul, transposed } from './linear-algebra.ts';
import { softmax } from './normalization.ts';
import { reduceSum } from './reductions.ts';
import { concat, controlDependency, reshape, slice, transpose } from './shape.ts';

export interface AttentionValues {
  /** [B, heads, N, e] */
  readonly output: Value;
  /** [B, heads, N, M]; each row sums to 1. Costs memory only if something reads it. */
  readonly probabilities: Value;
}

/** For q [B, heads, N, d], k [B, heads, M, d], v [B, heads, M, e]. */
export function attention(q: Value, k: Value, v: Value, scale: number): AttentionValues {
  const [output, probabilities] = applyAll(Attention, [q, k, v], { scale: { float: scale } });
  return { output: output!, probabilities: probabilities! };
}

const Attention = defineOp({
  name: 'Attention',
  domain: 'likeness',
  precision: 'half',
  infer: (call) => {
    const dtype = requireFloat(call, 0, 1, 2);
    for (const index of [0, 1, 2]) requireRank(call, index, 4);
    const [q, k, v] = [0, 1, 2].map((index) => operand(call, index).shape);
    const [batch, heads, n, d] = q as [number, number, number, number];
    const m = k![2]!;
    requireShape(call, 1, [batch, heads, m, d]);
    requireShape(call, 2, [batch, heads, m, v![3]!]);
    return [
      { dtype, shape: [batch, heads, n, v![3]!] },
      { dtype, shape: [batch, heads, n, m] },
    ];
  },
  gradient: (step) => {
    const { outputs, ds, recomputesAttention } = step;
    // A loss on the attention maps keeps them anyway.
    if (!recomputesAttention || ds[1] !== undefined || !isLarge(outputs[1])) return byProbabilities(step);
    const gradients = lazy(() => headByHead(step));
    return [0, 1, 2].map((operand) => () => gradients()[operand]!);
  },
  lower: ({ inputs: [q, k, v], attributes, reads, options }) => {
    const scale = floatOf(attributes, 'scale');
    if (!reads(1) && options.fusedAttention !== false) return [fusedAttention(q, k, v, scale)];
    const scores = lowerMatmul(q, k, { transposeB: true, scale }, options); // [B, H, N, M]
    const probabilities = cast(softmax(cast(scores, 'float32')), scores.dtype);
    return [reads(0) ? lowerMatmul(probabilities, v, {}, options) : undefined, probabilities];
  },
});

/** onnxruntime's fused attention: q [B, N, H d], k [B, M, H d], v [B, M, H e] -> [B, N, H e]. */
const MultiHeadAttention = defineOp({
  name: 'MultiHeadAttention',
  domain: 'com.microsoft',
  infer: (call) => {
    const dtype = requireFloat(call, 0, 1, 2);
    for (const index of [0, 1, 2]) requireRank(call, index, 3);
    const [q, v] = [operand(call, 0).shape, operand(call, 2).shape];
    return [{ dtype, shape: [q[0]!, q[1]!, v[2]!] }];
  },
});

/** The fused kernel reads [B, N, H d]; the transpositions cancel against those that split the heads. */
function fusedAttention(q: Value, k: Value, v: Value, scale: number): Value {
  const [batch, heads, n] = q.shape as [number, number, number, number];
  const joined = [q, k, v].map((x) => reshape(transpose(x, [0, 2, 1, 3]), [batch, x.shape[2]!, -1]));
  const output = apply(MultiHeadAttention, joined, { num_heads: { int: heads }, scale: { float: scale } });
  return transpose(reshape(output, [batch, n, heads, -1]), [0, 2, 1, 3]);
}

/** dQ = scale dS K, dK = scale dS^T Q, dV = P^T dO, with S the scores and P the probabilities. */
function byProbabilities(step: GradientStep): readonly [() => Value, () => Value, () => Value] {
  const { inputs, outputs, ds, attributes } = step;
  const [q, k, v] = inputs;
  const scale = floatOf(attributes, 'scale');
  const scores = lazy(() => gradientByScores(step));
  // X^T Y as (Y^T X)^T: transposes the narrow operand and the narrow result, never the [N, M] one, which takes up to
  // twice as long, in the product or before it
  const acrossRows = (wide: Value, narrow: Value, factor: number) =>
    transposed(matmul(transposed(narrow), wide, { scale: factor }));
  return [
    () => matmul(scores(), k, { scale }),
    () => acrossRows(scores(), q, scale),
    () => (ds[0] === undefined ? mul(v, 0) : acrossRows(outputs[1], ds[0], 1)),
  ];
}

/**
 * dS = P (dP - rowsum(P dP)), where dP = dO V^T.
 *
 * rowsum(P dP) equals rowsum(O dO) (the step that FlashAttention uses): [N, d] work in place of [N, M]. And as one
 * more column of dO against a column of -1 beside V it is subtracted by the product itself. Only a gradient that comes
 * by the probabilities, from a loss on attention maps, takes the plain form.
 */
function gradientByScores({ inputs: [, , v], outputs: [output, probabilities], ds }: GradientStep): Value {
  const [dOutput, dProbabilities] = ds;
  const terms: Value[] = [];
  if (dOutput !== undefined) {
    const rowSum = reduceSum(mul(dOutput, output), [-1], { keepDims: true }); // [B, H, N, 1]
    const [batch, heads, m] = v.shape as [number, number, number];
    const minusOne = float32(new Float32Array(batch * heads * m).fill(-1), [batch, heads, m, 1]);
    const values = concat([v, v.graph.constant(minusOne)], -1); // [B, H, M, e + 1]
    terms.push(matmul(concat([dOutput, rowSum], -1), values, { transposeB: true }));
  }
  if (dProbabilities !== undefined) {
    const rowSum = reduceSum(mul(dProbabilities, probabilities), [-1], { keepDims: true });
    terms.push(sub(dProbabilities, rowSum));
  }
  return mul(probabilities, terms.reduce(add));
}

/** Elements of one head's P from which on it is computed again: 4 MB a sample, self-attention at 32 x 32 cells. */
const LARGE_HEAD = 1 << 20;

function isLarge({ shape }: Value): boolean {
  return shape[2]! * shape[3]! >= LARGE_HEAD;
}

/** The gradients by Q, K and V, one head after another, each with its own P computed again from Q and K. */
function headByHead({ inputs, outputs, d, attributes, recomputesAttention }: GradientStep): Value[] {
  const scale = floatOf(attributes, 'scale');
  const byHead: [Value, Value, Value][] = [];
  let waitFor: readonly Value[] = [d];
  for (let head = 0; head < d.shape[1]!; head++) {
    const part = (x: Value) => slice(x, 1, head, head + 1);
    const zero = controlDependency(waitFor);
    const [q, k, v] = [add(part(inputs[0]), zero), part(inputs[1]), part(inputs[2])] as const;
    const byOutput = add(part(d), zero);
    const probabilities = softmax(matmul(q, k, { transposeB: true, scale }));
    const gradients = byProbabilities({
      inputs: operandsOf([q, k, v]),
      outputs: operandsOf([part(outputs[0]), probabilities]),
      d: byOutput,
      ds: [byOutput],
      attributes,
      recomputesAttention,
    });
    waitFor = gradients.map((build) => build());
    byHead.push(waitFor as [Value, Value, Value]);
  }
  return [0, 1, 2].map((operand) =>
    concat(
      byHead.map((parts) => parts[operand]!),
      1,
    ),
  );
}

/**
 * Attention of many tokens, a part of the queries at a time, whose rows of probabilities are independent. Undefined where
 * the probabilities are small. Nothing may read them. @param inputs q, k and v
 */
export function attentionByRows(
  { op, attributes, outputs }: Node,
  [q, k, v]: readonly Value[],
  { bands, leastElements }: { readonly bands: number; readonly leastElements: number },
): Value | undefined {
  const [, probabilities] = outputs;
  if (elementCount(probabilities!.shape) < leastElements) return undefined;
  const rows = q!.shape[2]!;
  const size = Math.ceil(rows / bands);
  const parts: Value[] = [];
  for (let start = 0; start < rows; start += size) {
    const some = slice(q!, 2, start, Math.min(rows, start + size));
    parts.push(some.graph.apply(op, [some, k!, v!], attributes)[0]!);
  }
  return concat(parts, 2);
}
