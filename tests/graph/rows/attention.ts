import * as ops from '../../../companion/graph/ops/index.ts';
import type { Shape } from '../../../companion/tensor/tensor.ts';
import * as ref from '../reference.ts';
import type { Row } from './row.ts';

const ATTENTION_INPUTS: readonly Shape[] = [
  [2, 2, 3, 4],
  [2, 2, 5, 4],
  [2, 2, 5, 3],
];

function attend(q: ref.Array32, k: ref.Array32, v: ref.Array32) {
  const scores = ref.matmul(q, ref.permuted(k, [0, 1, 3, 2]));
  const probabilities = ref.softmax(ref.map(scores, (s) => s * 0.7));
  return { output: ref.matmul(probabilities, v), probabilities };
}

export const ATTENTION_ROWS: readonly Row[] = [
  {
    name: 'attention',
    inputs: ATTENTION_INPUTS,
    build: ([q, k, v]) => ops.attention(q, k, v, 0.7).output,
    expected: ([q, k, v]) => attend(q, k, v).output,
  },
  {
    name: 'attention, by its probabilities',
    inputs: ATTENTION_INPUTS.slice(0, 2),
    build: ([q, k]) => ops.attention(q, k, k, 0.7).probabilities,
    expected: ([q, k]) => attend(q, k, k).probabilities,
  },
  {
    name: 'attention, by output and probabilities',
    inputs: ATTENTION_INPUTS,
    build: ([q, k, v]) => {
      const { output, probabilities } = ops.attention(q, k, v, 0.7);
      return ops.concat([output, probabilities], -1);
    },
    expected: ([q, k, v]) => {
      const { output, probabilities } = attend(q, k, v);
      return ref.from([2, 2, 3, 8], (i) =>
        i[3]! < 3 ? ref.at(output, i) : ref.at(probabilities, [...i.slice(0, 3), i[3]! - 3]),
      );
    },
  },
];
