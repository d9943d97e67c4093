/** Moves between the image layout of convolutions and the token layout of attention. */

import { reshape, transpose } from '../../graph/ops.ts';
import type { Value } from '../../graph/value.ts';

/** [B, C, h, w] -> [B, hw, C] */
export function imageToTokens(x: Value): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  return transpose(reshape(x, [batch, channels, height * width]), [0, 2, 1]);
}

/** [B, hw, C] -> [B, C, h, w] */
export function tokensToImage(x: Value, height: number, width: number): Value {
  const [batch, , channels] = x.shape as [number, number, number];
  return reshape(transpose(x, [0, 2, 1]), [batch, channels, height, width]);
}

/** [B, N, C] -> [B, heads, N, C / heads] */
export function splitHeads(x: Value, heads: number): Value {
  const [batch, tokens, channels] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, tokens, heads, channels / heads]), [0, 2, 1, 3]);
}

/** [B, heads, N, d] -> [B, N, heads * d] */
export function mergeHeads(x: Value): Value {
  const [batch, heads, tokens, width] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, tokens, heads * width]);
}
