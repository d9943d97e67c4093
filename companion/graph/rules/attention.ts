import { float32 } from '../../checkpoint/tensor.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { concat } from '../ops/layout.ts';
import { product, transposed } from '../ops/linear-algebra.ts';
import { reduceSum } from '../ops/reduction.ts';
import { floatOf, type Value } from '../value.ts';
import { type RuleTable, type Step, shared } from './rule.ts';

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

export const ATTENTION_RULES: RuleTable = {
  // dQ = scale dS K, dK = scale dS^T Q, dV = P^T dO
  Attention: (step) => {
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
  },
};
