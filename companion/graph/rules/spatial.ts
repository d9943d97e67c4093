import { mul } from '../ops/elementwise.ts';
import { reshape, slice, transpose } from '../ops/layout.ts';
import { gemm } from '../ops/linear-algebra.ts';
import { reduceSum } from '../ops/reduction.ts';
import {
  averagePool2x,
  conv2d,
  convTranspose2d,
  flippedKernel,
  type Padding,
  upsampleNearest2x,
} from '../ops/spatial.ts';
import { intOf, intsOf } from '../value.ts';
import type { RuleTable, Step } from './rule.ts';

const SWAP = [1, 0, 2, 3]; // in/out channels of a weight, batch and channels of an image

interface Convolution {
  readonly stride: number;
  readonly padding: Padding;
  readonly kernel: readonly [number, number];
}

function convolution({ inputs: [, weight], attributes }: Step): Convolution {
  const [stride, strideX] = intsOf(attributes, 'strides') as [number, number];
  const dilated = intsOf(attributes, 'dilations').some((dilation) => dilation !== 1);
  if (intOf(attributes, 'group') !== 1 || dilated || stride !== strideX) {
    throw new Error('internal: conv2d with groups or dilation has no gradient');
  }
  const padding = intsOf(attributes, 'pads') as unknown as Padding;
  return { stride, padding, kernel: weight.shape.slice(2) as unknown as readonly [number, number] };
}

function byInput(step: Step) {
  const { inputs, d } = step;
  const [x, weight] = inputs;
  const { stride, padding, kernel } = convolution(step);
  const [kernelHeight, kernelWidth] = kernel;
  const [top, left, bottom, right] = padding;
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [, out, outHeight, outWidth] = d.shape as [number, number, number, number];
  const pointwise = kernelHeight === 1 && kernelWidth === 1 && stride === 1 && !padding.some(Boolean);
  if (pointwise && batch === 1) {
    // W^T d, with the weight's bytes as they lie
    const matrix = reshape(weight, [out, channels]);
    return reshape(gemm(matrix, reshape(d, [out, height * width]), { transA: true }), x.shape);
  }
  const paddingFits = padding.every((size, side) => size < kernel[side % 2]!);
  if (stride === 1 && paddingFits) {
    const around: Padding = [
      kernelHeight - 1 - top,
      kernelWidth - 1 - left,
      kernelHeight - 1 - bottom,
      kernelWidth - 1 - right,
    ];
    return conv2d(d, flippedKernel(weight), undefined, { padding: around });
  }
  // For stride 2: within 20 to 40 % of four small convolutions by output parity, the fastest form, and needs no
  // copy of the weights. The rest: rows and columns at the end that no window of this stride reached.
  const restY = height + top + bottom - kernelHeight - (outHeight - 1) * stride;
  const restX = width + left + right - kernelWidth - (outWidth - 1) * stride;
  return convTranspose2d(d, weight, { stride, padding, outputPadding: [restY, restX] });
}

function byWeight(step: Step) {
  const { inputs, d } = step;
  const [x, weight] = inputs;
  const { stride, padding, kernel } = convolution(step);
  // Batch as channels: the input convolved with the output's gradient, whose cells lie `stride` apart.
  const full = conv2d(transpose(x, SWAP), transpose(d, SWAP), undefined, { padding, dilation: stride });
  const cut = slice(slice(full, 2, 0, kernel[0]), 3, 0, kernel[1]); // [C, O, kH, kW]
  return reshape(transpose(cut, SWAP), weight.shape);
}

export const SPATIAL_RULES: RuleTable = {
  // dx = d * flipped W (stride 1), conv transposed (else); dW = x * d; db = sum d
  Conv: (step) => [() => byInput(step), () => byWeight(step), () => reduceSum(step.d, [0, 2, 3])],
  // each cell had four copies
  Resize: ({ d }) => [() => mul(averagePool2x(d), 4)],
  // each cell gave a quarter
  AveragePool: ({ d }) => [() => mul(upsampleNearest2x(d), 0.25)],
};
