/**
 * lowerGraph: composites become ONNX operators, in the cheapest form that still makes the outputs somebody reads, and some
 * operators become others that take less time. The best ONNX form depends on the rest of the graph; so a model is written
 * once, and the same code is fast for inference and differentiable for training.
 */
import { Graph } from './graph.ts';
import { type LoweringOptions, operandsOf } from './op.ts';
import type { Node, Value } from './value.ts';

/** A new graph with the same inputs and outputs, and the same parameters but for `storedKernels`. */
export function lowerGraph(graph: Graph, options: LoweringOptions = {}): Graph {
  const lowered = new Graph(graph.name);
  const image = new Map<Value, Value>();
  for (const [name, value] of graph.inputs) image.set(value, lowered.input(name, value.shape, value.dtype));
  for (const [name, value] of graph.parameters) {
    image.set(value, lowered.parameter(name, value.shape, value.dtype));
  }
  for (const [value, tensor] of graph.constants) image.set(value, lowered.constant(tensor));

  const { nodes, read } = reachFromOutputs(graph);
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => input && image.get(input));
    const call = {
      inputs: operandsOf(inputs),
      attributes: node.attributes,
      reads: (index: number) => read.has(node.outputs[index]!),
      options,
    };
    const outputs =
      node.op.lower?.(call) ?? node.op.faster?.(call) ?? lowered.apply(node.op, inputs, node.attributes);
    for (const [index, output] of node.outputs.entries()) {
      const lowerOutput = outputs[index];
      if (output === undefined || lowerOutput === undefined) continue;
      if (output.name !== undefined) lowerOutput.name ??= output.name;
      image.set(output, lowerOutput);
    }
  }
  for (const [name, value] of graph.outputs) lowered.output(name, image.get(value)!);
  return lowered;
}

/**
 * The nodes that some output depends on, and the values that those read. Operators are applied before anyone knows
 * who will read them (a reshape of a reshape skips the first, a gradient may not be wanted), and onnxruntime runs
 * every node that it is given.
 */
export function reachFromOutputs(graph: Graph): {
  readonly nodes: readonly Node[];
  readonly read: ReadonlySet<Value>;
} {
  const read = new Set<Value>(graph.outputs.values());
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => output !== undefined && read.has(output))) continue;
    nodes.push(node);
    for (const input of node.inputs) if (input !== undefined) read.add(input);
  }
  return { nodes: nodes.reverse(), read };
}
