/**
 * Operators of our own, each several ONNX operators. They exist because the best ONNX form depends on the rest
 * of the graph: when nothing reads the second output, lowering takes the cheaper form. So a model is written
 * once, and the same code is fast for inference and differentiable for training.
 */
import { intOf, type ValueType } from '../value.ts';
import {
  type Application,
  COMPOSITE_DOMAIN,
  mismatch,
  type OperatorTable,
  operand,
  operator,
  RUNTIME_DOMAIN,
  requireFloat,
  requireRank,
  requireShape,
} from './operator.ts';

/** x [..., C], scale [C], bias [C] -> y, and of each row the mean and 1 / deviation [..., 1]. */
function layerNorm(application: Application): ValueType[] {
  requireFloat(application, 0, 1, 2);
  const { shape } = operand(application, 0);
  requireShape(application, 1, [shape.at(-1) ?? 1]);
  requireShape(application, 2, [shape.at(-1) ?? 1]);
  const row = { dtype: 'float32', shape: [...shape.slice(0, -1), 1] } as const;
  return [{ dtype: 'float32', shape }, row, row];
}

/** x [B, C, ...], scale [C], bias [C] -> y, standardized x [B, groups, L], 1 / deviation [B, groups, 1]. */
function groupNorm(application: Application): ValueType[] {
  requireFloat(application, 0, 1, 2);
  const { shape } = operand(application, 0);
  const [batch, channels] = shape;
  if (batch === undefined || channels === undefined) {
    throw mismatch('groupNorm', `[${shape}] must have batch and channel axes`);
  }
  requireShape(application, 1, [channels]);
  requireShape(application, 2, [channels]);
  const groups = intOf(application.attributes, 'groups');
  if (channels % groups !== 0) {
    throw mismatch('groupNorm', `channels ${channels} do not divide by groups ${groups}`);
  }
  const perGroup = (channels / groups) * shape.slice(2).reduce((count, size) => count * size, 1);
  return [
    { dtype: 'float32', shape },
    { dtype: 'float32', shape: [batch, groups, perGroup] },
    { dtype: 'float32', shape: [batch, groups, 1] },
  ];
}

/** q [B, H, N, d], k [B, H, M, d], v [B, H, M, e] -> output [B, H, N, e], probabilities [B, H, N, M]. */
function attention(application: Application): ValueType[] {
  requireFloat(application, 0, 1, 2);
  for (const index of [0, 1, 2]) requireRank(application, index, 4);
  const [q, k, v] = [0, 1, 2].map((index) => operand(application, index).shape);
  const [batch, heads, n, d] = q as [number, number, number, number];
  const m = k![2]!;
  requireShape(application, 1, [batch, heads, m, d]);
  requireShape(application, 2, [batch, heads, m, v![3]!]);
  return [
    { dtype: 'float32', shape: [batch, heads, n, v![3]!] },
    { dtype: 'float32', shape: [batch, heads, n, m] },
  ];
}

/** kernel [O, C, kH, kW] -> [C, O, kH, kW]. */
function flippedKernel(application: Application): ValueType[] {
  requireFloat(application, 0);
  requireRank(application, 0, 4);
  const [outs, channels, height, width] = operand(application, 0).shape as [number, number, number, number];
  return [{ dtype: 'float32', shape: [channels, outs, height, width] }];
}

/** onnxruntime's fused attention: q [B, N, H d], k [B, M, H d], v [B, M, H e] -> [B, N, H e]. */
function multiHeadAttention(application: Application): ValueType[] {
  requireFloat(application, 0, 1, 2);
  for (const index of [0, 1, 2]) requireRank(application, index, 3);
  const [q, v] = [operand(application, 0).shape, operand(application, 2).shape];
  return [{ dtype: 'float32', shape: [q[0]!, q[1]!, v[2]!] }];
}

export const COMPOSITE: OperatorTable = {
  LayerNorm: operator(layerNorm, COMPOSITE_DOMAIN),
  GroupNorm: operator(groupNorm, COMPOSITE_DOMAIN),
  Attention: operator(attention, COMPOSITE_DOMAIN),
  FlippedKernel: operator(flippedKernel, COMPOSITE_DOMAIN),
  MultiHeadAttention: operator(multiHeadAttention, RUNTIME_DOMAIN),
};
