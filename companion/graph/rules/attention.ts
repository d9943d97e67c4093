import { float32 } from '../../tensor/tensor.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { concat, slice } from '../ops/layout.ts';
import { product, transposed } from '../ops/linear-algebra.ts';
import { softmax } from '../ops/normalization.ts';
import { controlDependency } from '../ops/ordering.ts';
import { reduceSum } from '../ops/reduction.ts';
import { floatOf, type Value } from '../value.ts';
import { type Operands, type RuleTable, type Step, shared } from './rule.ts';

/**
 * With S the scores and P = softmax(S): dS = P (dP - rowsum(P dP)), where dP = dO V^T.
 *
 * rowsum(P dP) equals rowsum(O dO) (the step that FlashAttention uses): [N, d] work in place of [N, M]. And as one
 * more column of dO against a column of -1 beside V it is subtracted by the product itself. Only a gradient that comes
 * by the probabilities, from a loss on attention maps, takes the plain form.
 */
function byScores({ inputs: [, , v], outputs: [output, probabilities], ds }: Step): Value {
  const [byOutput, byProbabilities] = ds;
  const terms: Value[] = [];
  if (byOutput !== undefined) {
    const rowSum = reduceSum(mul(byOutput, output), [-1], { keepDims: true }); // [B, H, N, 1]
    const [batch, heads, m] = v.shape as [number, number, number];
    const minusOne = float32(new Float32Array(batch * heads * m).fill(-1), [batch, heads, m, 1]);
    const values = concat([v, v.graph.constant(minusOne)], -1); // [B, H, M, e + 1]
    terms.push(product(concat([byOutput, rowSum], -1), values, { transB: true }));
  }
  if (byProbabilities !== undefined) {
    const rowSum = reduceSum(mul(byProbabilities, probabilities), [-1], { keepDims: true });
    terms.push(sub(byProbabilities, rowSum));
  }
  return mul(probabilities, terms.reduce(add));
}

/** dQ = scale dS K, dK = scale dS^T Q, dV = P^T dO */
function attentionRule(step: Step): readonly [() => Value, () => Value, () => Value] {
  const { inputs, outputs, ds, attributes } = step;
  const [q, k, v] = inputs;
  const scale = floatOf(attributes, 'scale');
  const scores = shared(() => byScores(step));
  // X^T Y as (Y^T X)^T: transposes the narrow operand and the narrow result, never the [N, M] one, which takes up to
  // twice as long, in the product or before it
  const acrossRows = (wide: Value, narrow: Value, factor: number) =>
    transposed(product(transposed(narrow), wide, { scale: factor }));
  return [
    () => product(scores(), k, { scale }),
    () => acrossRows(scores(), q, scale),
    () => (ds[0] === undefined ? mul(v, 0) : acrossRows(outputs[1], ds[0], 1)),
  ];
}

/** Elements of one head's P from which on it is worth making again: 4 MB a sample, self-attention at 32 x 32 cells. */
const LARGE_HEAD = 1 << 20;

function isLarge({ shape }: Value): boolean {
  return shape[2]! * shape[3]! >= LARGE_HEAD;
}

/** The same, one head after another, each with its own P made again from Q and K. */
function headByHead({ inputs, outputs, d, attributes, recomputeAttention }: Step): Value[] {
  const scale = floatOf(attributes, 'scale');
  const byHead: [Value, Value, Value][] = [];
  let waitFor: readonly Value[] = [d];
  for (let head = 0; head < d.shape[1]!; head++) {
    const part = (x: Value) => slice(x, 1, head, head + 1);
    const zero = controlDependency(waitFor);
    const [q, k, v] = [add(part(inputs[0]), zero), part(inputs[1]), part(inputs[2])] as const;
    const byOutput = add(part(d), zero);
    const probabilities = softmax(product(q, k, { transB: true, scale }));
    const rules = attentionRule({
      inputs: [q, k, v] as unknown as Operands,
      outputs: [part(outputs[0]), probabilities] as unknown as Operands,
      d: byOutput,
      ds: [byOutput],
      attributes,
      recomputeAttention,
    });
    waitFor = rules.map((build) => build());
    byHead.push(waitFor as [Value, Value, Value]);
  }
  return [0, 1, 2].map((operand) =>
    concat(
      byHead.map((parts) => parts[operand]!),
      1,
    ),
  );
}

export const ATTENTION_RULES: RuleTable = {
  Attention: (step) => {
    const { outputs, ds, recomputeAttention } = step;
    // A loss on the attention maps keeps them anyway.
    if (!recomputeAttention || ds[1] !== undefined || !isLarge(outputs[1])) return attentionRule(step);
    const gradients = shared(() => headByHead(step));
    return [0, 1, 2].map((operand) => () => gradients()[operand]!);
  },
};
