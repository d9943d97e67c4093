/** workOf: what a graph computes at a run, by which its time on a computer is told before it runs there. */

import { elementCount, type Shape } from '../tensor/tensor.ts';
import type { Graph } from './graph.ts';
import { executionOrder } from './liveness.ts';
import { lowerGraph } from './lowering.ts';
import type { Node } from './value.ts';

export interface GraphWork {
  /** Multiplications with an addition, of convolutions, products and attention: nearly all of a large network's time. */
  readonly products: number;
  /** Bytes-in, bytes-out operators and all others: nearly all of a small one's. */
  readonly nodes: number;
}

/** Work of one run: products of multiplications and additions, and the nodes that run after lowering. */
export function workOf(graph: Graph): GraphWork {
  const nodes = executionOrder(lowerGraph(graph));
  return { products: nodes.reduce((sum, node) => sum + productsOf(node), 0), nodes: nodes.length };
}

/** Work of both, one after the other, each so many times. */
export function sumOfWork(parts: readonly (readonly [work: GraphWork, times: number])[]): GraphWork {
  const total = (of: (work: GraphWork) => number) =>
    parts.reduce((sum, [work, times]) => sum + times * of(work), 0);
  return { products: total(({ products }) => products), nodes: total(({ nodes }) => nodes) };
}

function productsOf({ op, inputs, outputs }: Node): number {
  const [a, b] = inputs.map((input) => input?.shape);
  const out = outputs[0]?.shape;
  if (a === undefined || b === undefined || out === undefined) return 0;
  switch (op.name) {
    case 'Conv': // [O, C / groups, kH, kW]: each output cell reads all but the first
      return elementCount(out) * (elementCount(b) / b[0]!);
    case 'MatMul':
    case 'FusedMatMul':
    case 'Gemm': // of [M, K] or [K, M] to [M, N]
      return elementCount(out) * ((last(a, 1) * last(a, 2)) / last(out, 2));
    case 'MultiHeadAttention': // queries [B, N, C] with keys [B, L, C], and the probabilities with the values
      return 2 * elementCount(a) * last(b, 2);
    default:
      return 0;
  }
}

/** Length of the axis that is the last, or the one before it. */
function last(shape: Shape, back: 1 | 2): number {
  return shape[shape.length - back] ?? 1;
}
