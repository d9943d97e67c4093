/** Convolution of images [B, C, H, W] with its adjoints. */
import {
  apply,
  defineOp,
  type GradientStep,
  mismatch,
  type OpCall,
  type OpDefinition,
  operand,
  requireFloat,
  requireRank,
  requireShape,
  type Shape4,
  shape4,
} from '../op.ts';
import { type Attributes, intOf, intsOf, type Value } from '../value.ts';
import { convolutionByCopies, flippedName, isParameter } from './kernel-copies.ts';
import { matmul } from './linear-algebra.ts';
import { reduceSum } from './reductions.ts';
import { flip, reshape, slice, transpose } from './shape.ts';

type Pair = readonly [number, number];
/** Top, left, bottom, right. */
type Padding = readonly [number, number, number, number];

export interface Conv2dOptions {
  readonly stride?: number;
  readonly padding?: number | Padding;
  /** Grouped convolution has no gradient. */
  readonly groups?: number;
  /** Distance between the cells of the kernel. A dilated convolution has no gradient. */
  readonly dilation?: number;
}

/** Cross-correlation, as PyTorch's conv2d: weight [O, C / groups, kH, kW], bias [O]. */
export function conv2d(x: Value, weight: Value, bias?: Value, options: Conv2dOptions = {}): Value {
  const { stride = 1, padding = 0, groups = 1, dilation = 1 } = options;
  const pads = typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  return apply(Conv, bias === undefined ? [x, weight] : [x, weight, bias], {
    kernel_shape: { ints: weight.shape.slice(2) },
    strides: { ints: [stride, stride] },
    dilations: { ints: [dilation, dilation] },
    pads: { ints: pads },
    group: { int: groups },
  });
}

const Conv: OpDefinition = defineOp({
  name: 'Conv',
  precision: 'half',
  infer: (call) => {
    const [[batch, channels, height, width], weight] = shapesOf(call);
    const [out, channelsPerGroup, kernelHeight, kernelWidth] = weight;
    const groups = intOf(call.attributes, 'group');
    const [strideY, strideX] = intsOf(call.attributes, 'strides') as Pair;
    const [dilationY, dilationX] = intsOf(call.attributes, 'dilations') as Pair;
    const [top, left, bottom, right] = paddingOf(call.attributes);
    if (channels !== channelsPerGroup * groups) {
      const wanted = `weight channels ${channelsPerGroup} x groups ${groups}`;
      throw mismatch('conv2d', `input channels ${channels} must match ${wanted}`);
    }
    if (out % groups !== 0) {
      throw mismatch('conv2d', `output channels ${out} do not divide by groups ${groups}`);
    }
    if (call.inputs[2] !== undefined) requireShape(call, 2, [out]);
    const outHeight = Math.floor((height + top + bottom - dilationY * (kernelHeight - 1) - 1) / strideY) + 1;
    const outWidth = Math.floor((width + left + right - dilationX * (kernelWidth - 1) - 1) / strideX) + 1;
    if (outHeight < 1 || outWidth < 1) {
      const input = `the padded input ${height}x${width}`;
      throw mismatch('conv2d', `kernel ${kernelHeight}x${kernelWidth} is larger than ${input}`);
    }
    return [{ dtype: operand(call, 0).dtype, shape: [batch, out, outHeight, outWidth] }];
  },
  // dx = d * flipped W (stride 1), conv transposed (else); dW = x * d; db = sum d
  gradient: (step) => [() => byInput(step), () => byWeight(step), () => reduceSum(step.d, [0, 2, 3])],
  faster: (call) => convolutionByCopies(Conv, call),
});

/** Operands 0 and 1, an image and a kernel. */
function shapesOf(call: OpCall): readonly [Shape4, Shape4] {
  requireFloat(call, 0, 1);
  requireRank(call, 0, 4);
  requireRank(call, 1, 4);
  return [shape4(operand(call, 0)), shape4(operand(call, 1))];
}

function paddingOf(attributes: Attributes): Padding {
  return intsOf(attributes, 'pads') as [number, number, number, number];
}

function settingsOf({ inputs: [, weight], attributes }: GradientStep) {
  const [stride, strideX] = intsOf(attributes, 'strides') as Pair;
  const dilated = intsOf(attributes, 'dilations').some((dilation) => dilation !== 1);
  if (intOf(attributes, 'group') !== 1 || dilated || stride !== strideX) {
    throw new Error('internal: conv2d with groups or dilation has no gradient');
  }
  const padding = paddingOf(attributes);
  const [, , kernelHeight, kernelWidth] = shape4(weight);
  return { stride, padding, kernel: [kernelHeight, kernelWidth] as const };
}

function byInput(step: GradientStep): Value {
  const [[x, weight], { d }] = [step.inputs, step];
  const { stride, padding, kernel } = settingsOf(step);
  const [kernelHeight, kernelWidth] = kernel;
  const [top, left, bottom, right] = padding;
  const [batch, channels, height, width] = shape4(x);
  const [, out, outHeight, outWidth] = shape4(d);
  const pointwise = kernelHeight === 1 && kernelWidth === 1 && stride === 1 && !padding.some(Boolean);
  if (pointwise && batch === 1) {
    const matrix = reshape(weight, [out, channels]); // W^T d, with the weight's bytes as they lie
    return reshape(matmul(matrix, reshape(d, [out, height * width]), { transposeA: true }), x.shape);
  }
  if (stride === 1 && padding.every((size, side) => size < kernel[side % 2]!)) {
    const [lastRow, lastColumn] = [kernelHeight - 1, kernelWidth - 1];
    const around: Padding = [lastRow - top, lastColumn - left, lastRow - bottom, lastColumn - right];
    return conv2d(d, flippedKernel(weight), undefined, { padding: around });
  }
  // Within 20 to 40 % of four small convolutions, without a copy of the weights. The rest: what no window reached.
  const restY = height + top + bottom - kernelHeight - (outHeight - 1) * stride;
  const restX = width + left + right - kernelWidth - (outWidth - 1) * stride;
  return convTranspose2d(d, weight, { stride, padding, outputPadding: [restY, restX] });
}

const SWAP = [1, 0, 2, 3]; // in/out channels of a weight, batch and channels of an image

function byWeight(step: GradientStep): Value {
  const [[x, weight], { d }] = [step.inputs, step];
  const { stride, padding, kernel } = settingsOf(step);
  // Batch as channels: the input convolved with the output's gradient, whose cells lie `stride` apart.
  const full = conv2d(transpose(x, SWAP), transpose(d, SWAP), undefined, { padding, dilation: stride });
  const cut = slice(slice(full, 2, 0, kernel[0]), 3, 0, kernel[1]); // [C, O, kH, kW]
  return reshape(transpose(cut, SWAP), weight.shape);
}

const FlippedKernel = defineOp({
  name: 'FlippedKernel',
  domain: 'likeness',
  infer: (call) => {
    requireFloat(call, 0);
    requireRank(call, 0, 4);
    return [{ dtype: operand(call, 0).dtype, shape: flippedShape(operand(call, 0)) }];
  },
  lower: ({ inputs: [kernel], options }) => {
    const { name, shape, graph } = kernel;
    const stored = flippedName(name ?? '');
    if (isParameter(kernel) && options.storedKernels?.has(stored)) {
      return [graph.parameter(stored, flippedShape(kernel))];
    }
    const isWindow = shape[2] !== 1 || shape[3] !== 1;
    return [transpose(isWindow ? flip(kernel, [2, 3]) : kernel, SWAP)];
  },
});

function flippedShape(kernel: Value): Shape4 {
  const [out, channels, height, width] = shape4(kernel);
  return [channels, out, height, width];
}

/**
 * The kernel of the convolution that passes gradients back through one with `kernel` [O, C, kH, kW]: turned by 180
 * degrees, input and output channels swapped, [C, O, kH, kW].
 *
 * @internal
 */
export function flippedKernel(kernel: Value): Value {
  return apply(FlippedKernel, [kernel]);
}

/** x [B, O, H, W] and weight [O, C, kH, kW] give [B, C, ...]. Ungrouped. */
const ConvTranspose = defineOp({
  name: 'ConvTranspose',
  precision: 'half',
  infer: (call) => {
    const [[batch, channels, height, width], weight] = shapesOf(call);
    const [weightChannels, out, kernelHeight, kernelWidth] = weight;
    if (channels !== weightChannels) {
      throw mismatch('ConvTranspose', `input channels ${channels}, weight channels ${weightChannels}`);
    }
    const [strideY, strideX] = intsOf(call.attributes, 'strides') as Pair;
    const [extraY, extraX] = intsOf(call.attributes, 'output_padding') as Pair;
    const [top, left, bottom, right] = paddingOf(call.attributes);
    const outHeight = (height - 1) * strideY + kernelHeight - top - bottom + extraY;
    const outWidth = (width - 1) * strideX + kernelWidth - left - right + extraX;
    return [{ dtype: operand(call, 0).dtype, shape: [batch, out, outHeight, outWidth] }];
  },
});

interface ConvTranspose2dOptions {
  readonly stride: number;
  readonly padding: Padding;
  /** Rows and columns added at the end, where a stride made several input sizes give one output size. */
  readonly outputPadding: Pair;
}

/**
 * The adjoint of conv2d with the same weight. Has no gradient: only conv2d's emits it.
 *
 * @internal
 */
export function convTranspose2d(x: Value, weight: Value, options: ConvTranspose2dOptions): Value {
  return apply(ConvTranspose, [x, weight], {
    kernel_shape: { ints: weight.shape.slice(2) },
    strides: { ints: [options.stride, options.stride] },
    pads: { ints: options.padding },
    output_padding: { ints: options.outputPadding },
  });
}
