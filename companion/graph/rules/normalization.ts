import { add, mul, sub } from '../ops/elementwise.ts';
import { reshape } from '../ops/layout.ts';
import { reduceMean, reduceSum } from '../ops/reduction.ts';
import { intOf } from '../value.ts';
import type { RuleTable, Step } from './rule.ts';

/**
 * With m the mean, r = 1 / deviation, h = (x - m) r and g = d scale: dx = r (g - mean(g) - h mean(g h)).
 * Written as r g + b x + c, with b and c by row: so nothing but x need be kept, and the forward pass stays one node.
 */
function layerNormByInput({ inputs: [x, scale], outputs: [, mean, r], d }: Step) {
  const g = mul(d, scale);
  const meanOfG = reduceMean(g, [-1], { keepDims: true });
  const covariance = sub(reduceMean(mul(g, x), [-1], { keepDims: true }), mul(mean, meanOfG)); // mean(g (x - m))
  const minusB = mul(mul(covariance, r), mul(r, r));
  const c = sub(mul(minusB, mean), mul(r, meanOfG));
  return add(sub(mul(g, r), mul(x, minusB)), c);
}

/**
 * With h the standardized input and g = r d scale, r = 1 / deviation: dx = g - mean(g) - h mean(g h). The factor r is
 * one number a group, as scale is one a channel, so that both go into the gradient in one pass over the image.
 */
function groupNormByInput({ inputs: [x, scale], outputs: [, standardized, inverse], d, attributes }: Step) {
  const [batch, channels] = x.shape as [number, number];
  const groups = intOf(attributes, 'groups');
  const factors = mul(reshape(scale, [1, groups, channels / groups]), inverse); // [B, groups, C / groups]
  const perChannel = [batch, channels, ...x.shape.slice(2).map(() => 1)];
  const g = reshape(mul(d, reshape(factors, perChannel)), standardized.shape); // [B, groups, L]
  const mean = reduceMean(g, [-1], { keepDims: true });
  const slope = reduceMean(mul(g, standardized), [-1], { keepDims: true });
  return reshape(sub(g, add(mul(standardized, slope), mean)), x.shape);
}

export const NORMALIZATION_RULES: RuleTable = {
  // y (d - sum(d y))
  Softmax: ({ outputs: [y], d, attributes }) => [
    () => mul(y, sub(d, reduceSum(mul(d, y), [intOf(attributes, 'axis')], { keepDims: true }))),
  ],
  // dscale = d h, dbias = d
  LayerNorm: (step) => [
    () => layerNormByInput(step),
    () => {
      const { inputs, outputs, d } = step;
      return mul(d, mul(sub(inputs[0], outputs[1]), outputs[2]));
    },
    () => step.d,
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
