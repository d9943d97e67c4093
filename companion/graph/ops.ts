/** The vocabulary that models are written in: functions over values, with shapes inferred at once. */
export { gelu, quickGelu, relu, sigmoid, silu, tanh } from './ops/activation.ts';
export { type Attention, attention } from './ops/attention.ts';
export {
  add,
  cast,
  clip,
  cos,
  div,
  equal,
  erf,
  exp,
  greater,
  greaterOrEqual,
  less,
  maximum,
  minimum,
  mul,
  neg,
  type Operand,
  reciprocal,
  sin,
  sqrt,
  sub,
  where,
} from './ops/elementwise.ts';
export {
  concat,
  expand,
  flip,
  gather,
  pad,
  reshape,
  scatterAdd,
  slice,
  split,
  transpose,
} from './ops/layout.ts';
export { type GemmOptions, gemm, linear, matmul } from './ops/linear-algebra.ts';
export { groupNorm, layerNorm, softmax } from './ops/normalization.ts';
export { type ReduceOptions, reduceMax, reduceMean, reduceSum, topK } from './ops/reduction.ts';
export {
  averagePool2x,
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv2d,
  convTranspose2d,
  type Padding,
  pad2d,
  upsampleNearest2x,
} from './ops/spatial.ts';
