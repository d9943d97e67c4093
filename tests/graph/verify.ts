/** Checks that a finished graph is sound: for tests, and for whoever writes a new operator, rule or lowering. */
import type { Graph } from '../../companion/graph/graph.ts';
import type { Node, Value } from '../../companion/graph/value.ts';

/**
 * Throws, with every fault found, unless all operands exist before they are read, every recorded type is what
 * inference answers again, something comes out, and nothing is made that nobody reads.
 */
export function verifyGraph(graph: Graph): void {
  const faults = [...orderFaults(graph), ...typeFaults(graph), ...danglingFaults(graph)];
  if (graph.outputs.size === 0) faults.push('it has no outputs');
  if (faults.length > 0) throw new Error(`internal: graph ${graph.name}: ${faults.join('; ')}`);
}

function* orderFaults(graph: Graph): Generator<string> {
  const made = new Set<Value>([
    ...graph.inputs.values(),
    ...graph.parameters.values(),
    ...graph.constants.keys(),
  ]);
  for (const [index, node] of graph.nodes.entries()) {
    for (const input of node.inputs) {
      if (input !== undefined && !made.has(input)) {
        yield `${describe(node, index)} reads value ${input.id} before it is made`;
      }
    }
    for (const output of node.outputs) if (output !== undefined) made.add(output);
  }
  for (const [name, value] of graph.outputs) if (!made.has(value)) yield `output ${name} is never made`;
}

function* typeFaults(graph: Graph): Generator<string> {
  for (const [index, node] of graph.nodes.entries()) {
    const types = node.op.infer(node);
    for (const [position, output] of node.outputs.entries()) {
      const recorded = output && `${output.dtype} [${output.shape}]`;
      const inferred = types[position] && `${types[position].dtype} [${types[position].shape}]`;
      if (recorded !== undefined && recorded !== inferred) {
        yield `${describe(node, index)} output ${position} is recorded as ${recorded}, inferred as ${inferred}`;
      }
    }
  }
}

function* danglingFaults(graph: Graph): Generator<string> {
  const read = new Set<Value | undefined>(graph.outputs.values());
  for (const node of graph.nodes) for (const input of node.inputs) read.add(input);
  for (const [index, node] of graph.nodes.entries()) {
    // A reshape that a later one skipped is no fault: lowering leaves it out.
    if (node.op.name !== 'Reshape' && !node.outputs.some((output) => output && read.has(output))) {
      yield `nobody reads ${describe(node, index)}`;
    }
  }
  for (const [name, value] of graph.inputs) if (!read.has(value)) yield `nobody reads input ${name}`;
  for (const [name, value] of graph.parameters) if (!read.has(value)) yield `nobody reads parameter ${name}`;
}

function describe(node: Node, index: number): string {
  return `node ${index} (${node.op.name})`;
}
