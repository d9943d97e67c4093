/** How much memory a graph's intermediate values need at once, before anything is run. */

import { BYTES_PER_ELEMENT, elementCount } from '../checkpoint/tensor.ts';
import type { Graph } from './graph.ts';
import type { Value } from './value.ts';

/**
 * The most bytes that are alive at one moment when nodes run in order and every value is freed after its last use.
 * Inputs, parameters and constants are not counted. A lower bound: kernels take workspace of their own.
 */
export function peakActivationBytes(graph: Graph): number {
  const lastUse = new Map<Value, number>();
  for (const [index, node] of graph.nodes.entries()) {
    for (const input of node.inputs) if (input?.producer !== undefined) lastUse.set(input, index);
  }
  for (const output of graph.outputs.values()) lastUse.set(output, graph.nodes.length);

  let alive = 0;
  let peak = 0;
  const freed = new Map<number, number>();
  for (const [index, node] of graph.nodes.entries()) {
    for (const output of node.outputs) {
      if (output === undefined) continue;
      const until = lastUse.get(output);
      if (until === undefined) continue; // nothing reads it, so nothing keeps it
      const bytes = bytesOf(output);
      alive += bytes;
      freed.set(until, (freed.get(until) ?? 0) + bytes);
    }
    peak = Math.max(peak, alive);
    alive -= freed.get(index) ?? 0;
  }
  return peak;
}

/** Of all parameters together. */
export function parameterBytes(graph: Graph): number {
  return [...graph.parameters.values()].reduce((sum, value) => sum + bytesOf(value), 0);
}

function bytesOf({ dtype, shape }: Value): number {
  return BYTES_PER_ELEMENT[dtype] * elementCount(shape);
}
