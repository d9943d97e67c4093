/**
 * Attention readout: sums of attention probabilities without the probabilities, which the fused kernel never gives.
 * Weights of the tokens go through cross-attention as further columns of each head's values.
 *
 *   softmax(q k^T) [V | w] = [softmax(q k^T) V | softmax(q k^T) w]
 *
 * The projections before and after are widened to make room for the columns. Their weights are constant, so that
 * onnxruntime widens them once, and all that moves in a run is the text states, to stand beside the columns. The zeros
 * change no sum.
 */

import type { Graph } from '../../graph/graph.ts';
import { concat, expand, matmul, pad, reshape } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import { float32 } from '../../tensor/tensor.ts';
import type { Scope } from './scope.ts';

/** Layout of one attention layer's values: each of `heads` has its `width` values, then `columns` more. */
export interface ReadoutHeads {
  readonly heads: number;
  readonly width: number;
  readonly columns: number;
}

/**
 * context [B, L, D], columns [B L, c] -> the heads' values, each followed by the columns: [B, L, heads (d + c)].
 * One product of the context with the columns beside it. The two stand beside each other alike in every layer, so that
 * onnxruntime, which finds equal nodes, puts them there once.
 */
export function projectWithReadout(scope: Scope, context: Value, columns: Value, wide: ReadoutHeads): Value {
  const [batch, tokens, inner] = context.shape as [number, number, number];
  const { heads, width } = wide;
  const weight = reshape(scope.parameter('weight', [heads * width, inner]), [heads, width, inner]);
  const beside = inner + wide.columns;
  const through = expand(columnsThrough(scope.graph, inner, wide.columns), [heads, wide.columns, beside]);
  const widened = concat([pad(weight, [0, 0, 0], [0, 0, wide.columns]), through], 1); // [heads, d + c, D + c]
  const both = concat([rowsOf(context), columns], 1); // [B L, D + c]
  const values = matmul(both, reshape(widened, [-1, beside]), { transposeB: true });
  return reshape(values, [batch, tokens, -1]);
}

/** [1, c, D + c]: nothing of the context, and each column as it is. */
function columnsThrough(graph: Graph, inner: number, columns: number): Value {
  const beside = inner + columns;
  const weights = new Float32Array(columns * beside);
  for (let column = 0; column < columns; column++) weights[column * beside + inner + column] = 1;
  return graph.constant(float32(weights, [1, columns, beside]));
}

/** x [B, N, heads (d + c)] -> [B, N, channels]: the output projection, which does not see the columns. */
export function dropReadout(scope: Scope, x: Value, channels: number, wide: ReadoutHeads): Value {
  const [batch, pixels] = x.shape as [number, number];
  const { heads, width } = wide;
  const weight = reshape(scope.parameter('weight', [channels, heads * width]), [channels, heads, width]);
  const widened = reshape(pad(weight, [0, 0, 0], [0, 0, wide.columns]), [channels, -1]);
  const bias = scope.parameter('bias', [channels]);
  const mixed = matmul(rowsOf(x), widened, { transposeB: true, add: bias });
  return scope.tap(reshape(mixed, [batch, pixels, channels]));
}

/** x [B, N, heads (d + c)] -> the columns' sums, averaged over heads: [B N, c] */
export function meanReadout(x: Value, wide: ReadoutHeads): Value {
  return matmul(rowsOf(x), meanOverHeads(x.graph, wide));
}

/** [heads (d + c), c]: 1 / heads at each head's place of the column, else 0. */
function meanOverHeads(graph: Graph, { heads, width, columns }: ReadoutHeads): Value {
  const rows = heads * (width + columns);
  const weights = new Float32Array(rows * columns);
  for (let column = 0; column < columns; column++) {
    for (let head = 0; head < heads; head++) {
      weights[(head * (width + columns) + width + column) * columns + column] = 1 / heads;
    }
  }
  return graph.constant(float32(weights, [rows, columns]));
}

function rowsOf(x: Value): Value {
  return reshape(x, [-1, x.shape.at(-1)!]);
}
