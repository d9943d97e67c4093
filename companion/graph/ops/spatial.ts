/** Operators over images [B, C, H, W]. */
import { float32 } from '../../tensor/tensor.ts';
import type { Value } from '../value.ts';
import { apply } from './apply.ts';

/** Top, left, bottom, right. */
export type Padding = readonly [number, number, number, number];

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
  return apply('Conv', bias === undefined ? [x, weight] : [x, weight, bias], {
    kernel_shape: { ints: weight.shape.slice(2) },
    strides: { ints: [stride, stride] },
    dilations: { ints: [dilation, dilation] },
    pads: { ints: pads },
    group: { int: groups },
  });
}

/**
 * The kernel of the convolution that passes gradients back through one with `kernel` [O, C, kH, kW]: turned by 180
 * degrees, input and output channels swapped, [C, O, kH, kW].
 */
export function flippedKernel(kernel: Value): Value {
  return apply('FlippedKernel', [kernel]);
}

export interface ConvTranspose2dOptions {
  readonly stride: number;
  readonly padding: Padding;
  /** Rows and columns added at the end, where a stride made several input sizes give one output size. */
  readonly outputPadding: readonly [number, number];
}

/** The adjoint of conv2d with the same weight: x [B, O, H, W], weight [O, C, kH, kW] give [B, C, ...]. */
export function convTranspose2d(x: Value, weight: Value, options: ConvTranspose2dOptions): Value {
  return apply('ConvTranspose', [x, weight], {
    kernel_shape: { ints: weight.shape.slice(2) },
    strides: { ints: [options.stride, options.stride] },
    pads: { ints: options.padding },
    output_padding: { ints: options.outputPadding },
  });
}

/** Each cell becomes 2 x 2 cells. */
export function upsampleNearest2x(x: Value): Value {
  return apply('Resize', [x, undefined, x.graph.constant(float32([1, 1, 2, 2], [4]))], {
    mode: { string: 'nearest' },
    coordinate_transformation_mode: { string: 'asymmetric' },
    nearest_mode: { string: 'floor' },
  });
}

/** The mean of each 2 x 2 cells; height and width must be even. */
export function averagePool2x(x: Value): Value {
  return apply('AveragePool', [x], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
}
