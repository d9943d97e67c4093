/** The training graph's loss and its gradients by every factor, against float32 and float64 references. */

import type { Factors } from '../../../companion/adapters/factors.ts';
import { factorNames } from '../../../companion/adapters/low-rank.ts';
import type { Check } from '../check.ts';
import { type Comparison, compare, type Tolerance, worst } from '../comparison.ts';
import type { GoldenTensors } from '../golden-tensors.ts';
import { lowRankFactors } from '../low-rank.ts';
import { type LossAndGradients, lossAndGradients } from '../training-run.ts';

function gradientsAgainst(subject: string, fileName: string): Check {
  return {
    subject,
    async *run(golden) {
      const expected = await golden.tensors(fileName);
      const batch = await golden.tensors('grads.safetensors');
      const factors = lowRankFactors(golden, batch, batch.number('scale'));
      const result = await lossAndGradients(golden, batch, factors);
      if (expected.names().includes('loss')) {
        yield compare('loss', [result.loss], expected.get('loss').data, golden.tolerances.loss);
      }
      const { gradient } = golden.tolerances;
      yield worst('by down', compareAll(result, factors, expected, 'down', gradient));
      yield worst('by up', compareAll(result, factors, expected, 'up', gradient));
    },
  };
}

export const gradients = gradientsAgainst('gradients', 'grads.safetensors');
export const doubleGradients = gradientsAgainst('gradients against float64', 'grads_fp64.safetensors');

function compareAll(
  { gradients: got }: LossAndGradients,
  factors: Factors,
  expected: GoldenTensors,
  part: 'down' | 'up',
  tolerance: Tolerance,
): Comparison[] {
  return [...factors.keys()].map((path) => {
    const { data } = expected.get(`${path}.proj_out.${part === 'down' ? 'dA' : 'dB'}`);
    return compare(path, got.get(factorNames(0, path)[part])!, data, tolerance);
  });
}
