import { elementCount } from '../../checkpoint/tensor.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { reshape } from '../ops/layout.ts';
import { reduceMean, reduceSum } from '../ops/reduction.ts';
import { intOf } from '../value.ts';
import type { RuleTable, Step } from './rule.ts';

/**
 * With h the standardized input, r = 1 / deviation, and g = d * scale: dx = r (g - mean(g) - h mean(g h)).
 * Written as a d + b h + c, with a by channel and b, c by group, so that three passes over the image and two
 * reductions suffice.
 */
function groupNormByInput({ inputs: [x, scale], outputs: [, standardized, inverse], d, attributes }: Step) {
  const [batch, channels] = x.shape as [number, number];
  const groups = intOf(attributes, 'groups');
  const perGroup = elementCount(x.shape) / (batch * groups); // L
  const flat = reshape(d, [batch, channels, -1]);
  const bySum = (sums: typeof d) =>
    mul(
      reduceSum(reshape(mul(sums, scale), [batch, groups, -1]), [2], { keepDims: true }),
      mul(inverse, -1 / perGroup),
    ); // sums [B, C] -> [B, groups, 1]
  const c = bySum(reduceSum(flat, [2]));
  const b = bySum(reduceSum(mul(flat, reshape(standardized, flat.shape)), [2]));
  const a = mul(reshape(scale, [1, groups, channels / groups]), inverse); // [B, groups, C / groups]
  const direct = mul(flat, reshape(a, [batch, channels, 1]));
  const centering = add(mul(standardized, b), c); // [B, groups, L]
  return add(reshape(direct, x.shape), reshape(centering, x.shape));
}

export const NORMALIZATION_RULES: RuleTable = {
  // y (d - sum(d y))
  Softmax: ({ outputs: [y], d, attributes }) => [
    () => mul(y, sub(d, reduceSum(mul(d, y), [intOf(attributes, 'axis')], { keepDims: true }))),
  ],
  // r (g - mean(g) - h mean(g h)), g = d scale; dscale = d h; dbias = d
  LayerNorm: ({ inputs: [, scale], outputs: [, standardized, inverse], d }) => [
    () => {
      const g = mul(d, scale);
      const mean = reduceMean(g, [-1], { keepDims: true });
      const slope = reduceMean(mul(g, standardized), [-1], { keepDims: true });
      return mul(sub(sub(g, mean), mul(standardized, slope)), inverse);
    },
    () => mul(d, standardized),
    () => d,
  ],
  // as LayerNorm, over groups of channels
  GroupNorm: (step) => [
    () => groupNormByInput(step),
    () => reduceSum(mul(step.d, reshape(step.outputs[1], step.d.shape)), otherThanChannels(step)),
    () => reduceSum(step.d, otherThanChannels(step)),
  ],
};

function otherThanChannels({ d }: Step): number[] {
  return [...d.shape.keys()].filter((axis) => axis !== 1);
}
