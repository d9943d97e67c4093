/** peakActivationBytes: memory that a graph's intermediate values need at once, known before anything is run. */

import { BYTES_PER_ELEMENT, elementCount, type Shape } from '../tensor/tensor.ts';
import type { Graph } from './graph.ts';
import type { Node, Value } from './value.ts';

/**
 * The most bytes that are alive at one moment when nodes run in onnxruntime's order and every value is freed after its
 * last use. Inputs, parameters, constants and what follows from these alone are not counted. A lower bound: kernels take
 * workspace of their own.
 */
export function peakActivationBytes(graph: Graph): number {
  const nodes = executionOrder(graph).filter(varies(graph));
  const lastUse = new Map<Value, number>();
  for (const [index, node] of nodes.entries()) {
    for (const input of node.inputs) if (input !== undefined) lastUse.set(input, index);
  }
  for (const output of graph.outputs.values()) lastUse.set(output, nodes.length);

  let alive = 0;
  let peak = 0;
  const freed = new Map<number, number>();
  for (const [index, node] of nodes.entries()) {
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

/**
 * The nodes in the order in which onnxruntime runs them, whatever order a model lists them in: depth first from the
 * outputs, the last output first, and of a node's operands the one that is listed last first.
 */
export function executionOrder(graph: Graph): Node[] {
  const position = new Map(graph.nodes.map((node, index) => [node, index]));
  const order: Node[] = [];
  const visited = new Set<Node>();
  const stack = [...graph.outputs.values()].flatMap(producerOf).map((node) => ({ node, ready: false }));
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, ready } = top;
    if (ready) order.push(node);
    if (visited.has(node)) continue;
    visited.add(node);
    const before = node.inputs.flatMap(producerOf).sort((a, b) => position.get(a)! - position.get(b)!);
    stack.push({ node, ready: true }, ...before.map((producer) => ({ node: producer, ready: false })));
  }
  return order;
}

function producerOf(value: Value | undefined): Node[] {
  return value?.producer === undefined ? [] : [value.producer];
}

/** True for a node that reads an input, directly or not: onnxruntime runs the others once, while it makes a session. */
function varies({ nodes, inputs }: Graph): (node: Node) => boolean {
  const varying = new Set<Value | undefined>(inputs.values());
  const found = new Set<Node>();
  for (const node of nodes) {
    if (!node.inputs.some((input) => input !== undefined && varying.has(input))) continue;
    found.add(node);
    for (const output of node.outputs) varying.add(output);
  }
  return (node) => found.has(node);
}

/** Bytes of all parameters together, or of those whose shape counts. */
export function parameterBytes(graph: Graph, counts: (shape: Shape) => boolean = () => true): number {
  const counted = [...graph.parameters.values()].filter(({ shape }) => counts(shape));
  return counted.reduce((sum, value) => sum + bytesOf(value), 0);
}

function bytesOf({ dtype, shape }: Value): number {
  return BYTES_PER_ELEMENT[dtype] * elementCount(shape);
}
