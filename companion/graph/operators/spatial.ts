/** Operators over images [B, C, H, W]. */
import { intOf, intsOf, type ValueType } from '../value.ts';
import {
  type Application,
  mismatch,
  type OperatorTable,
  operand,
  operator,
  requireFloat,
  requireRank,
  requireShape,
} from './operator.ts';

type Four = [number, number, number, number];

/** weight [O, C / groups, kH, kW], bias [O]; pads top, left, bottom, right. */
function conv(application: Application): ValueType[] {
  requireFloat(application, 0, 1);
  requireRank(application, 0, 4);
  requireRank(application, 1, 4);
  const [batch, channels, height, width] = operand(application, 0).shape as Four;
  const [out, channelsPerGroup, kernelHeight, kernelWidth] = operand(application, 1).shape as Four;
  const groups = intOf(application.attributes, 'group');
  const [strideY, strideX] = intsOf(application.attributes, 'strides') as [number, number];
  const [dilationY, dilationX] = intsOf(application.attributes, 'dilations') as [number, number];
  const [top, left, bottom, right] = intsOf(application.attributes, 'pads') as Four;
  if (channels !== channelsPerGroup * groups) {
    throw mismatch(
      'conv2d',
      `input channels ${channels} must match weight channels ${channelsPerGroup} x groups ${groups}`,
    );
  }
  if (out % groups !== 0)
    throw mismatch('conv2d', `output channels ${out} do not divide by groups ${groups}`);
  if (application.inputs[2] !== undefined) requireShape(application, 2, [out]);
  const outHeight = Math.floor((height + top + bottom - dilationY * (kernelHeight - 1) - 1) / strideY) + 1;
  const outWidth = Math.floor((width + left + right - dilationX * (kernelWidth - 1) - 1) / strideX) + 1;
  if (outHeight < 1 || outWidth < 1) {
    throw mismatch(
      'conv2d',
      `kernel ${kernelHeight}x${kernelWidth} is larger than the padded input ${height}x${width}`,
    );
  }
  return [{ dtype: 'float32', shape: [batch, out, outHeight, outWidth] }];
}

/** The adjoint of conv: x [B, O, H, W] and weight [O, C, kH, kW] give [B, C, ...]. Ungrouped. */
function convTranspose(application: Application): ValueType[] {
  requireFloat(application, 0, 1);
  requireRank(application, 0, 4);
  requireRank(application, 1, 4);
  const [batch, channels, height, width] = operand(application, 0).shape as Four;
  const [weightChannels, out, kernelHeight, kernelWidth] = operand(application, 1).shape as Four;
  if (channels !== weightChannels) {
    throw mismatch(
      'ConvTranspose',
      `input channels ${channels} must match weight channels ${weightChannels}`,
    );
  }
  const [strideY, strideX] = intsOf(application.attributes, 'strides') as [number, number];
  const [extraY, extraX] = intsOf(application.attributes, 'output_padding') as [number, number];
  const [top, left, bottom, right] = intsOf(application.attributes, 'pads') as Four;
  const outHeight = (height - 1) * strideY + kernelHeight - top - bottom + extraY;
  const outWidth = (width - 1) * strideX + kernelWidth - left - right + extraX;
  return [{ dtype: 'float32', shape: [batch, out, outHeight, outWidth] }];
}

/** Nearest neighbour to twice the height and width; operands: data, nothing, the scales. */
function resize(application: Application): ValueType[] {
  requireFloat(application, 0);
  requireRank(application, 0, 4);
  const [batch, channels, height, width] = operand(application, 0).shape as Four;
  return [{ dtype: 'float32', shape: [batch, channels, 2 * height, 2 * width] }];
}

function averagePool(application: Application): ValueType[] {
  requireFloat(application, 0);
  requireRank(application, 0, 4);
  const [batch, channels, height, width] = operand(application, 0).shape as Four;
  const [y, x] = intsOf(application.attributes, 'kernel_shape') as [number, number];
  if (height % y !== 0 || width % x !== 0) {
    throw mismatch('AveragePool', `${height}x${width} does not divide into ${y}x${x} windows`);
  }
  return [{ dtype: 'float32', shape: [batch, channels, height / y, width / x] }];
}

export const SPATIAL: OperatorTable = {
  Conv: operator(conv),
  ConvTranspose: operator(convTranspose),
  Resize: operator(resize),
  AveragePool: operator(averagePool),
};
