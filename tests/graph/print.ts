/** A graph as text, one node a line, for debugging and for tests of what a gradient emits. */
import type { Graph } from '../../companion/graph/graph.ts';
import type { Attribute, Node, Value } from '../../companion/graph/value.ts';

/** Constants of up to this many elements are written out where they are read. */
const SHORT_CONSTANT = 8;

/**
 * ```
 * graph block
 *   input x: float32 [1, 4]
 *   %3: float32 [1, 4] = QuickGelu(x) alpha=1
 *   output y = %3
 * ```
 */
export function printGraph(graph: Graph): string {
  const lines = [`graph ${graph.name}`];
  for (const value of graph.inputs.values()) lines.push(`  input ${typed(value)}`);
  for (const value of graph.parameters.values()) lines.push(`  parameter ${typed(value)}`);
  for (const node of graph.nodes) lines.push(`  ${printNode(node)}`);
  for (const [name, value] of graph.outputs) lines.push(`  output ${name} = ${reference(value)}`);
  return `${lines.join('\n')}\n`;
}

function printNode({ op, inputs, outputs, attributes }: Node): string {
  const made = outputs.map((output) => (output === undefined ? '-' : typed(output)));
  const operands = inputs.map((input) => (input === undefined ? '-' : reference(input)));
  const settings = Object.entries(attributes).map(([name, value]) => ` ${name}=${printAttribute(value)}`);
  return `${made.join(', ')} = ${op.name}(${operands.join(', ')})${settings.join('')}`;
}

function typed(value: Value): string {
  return `${reference(value)}: ${value.dtype} [${value.shape.join(', ')}]`;
}

function reference(value: Value): string {
  const constant = value.graph.constants.get(value);
  if (constant !== undefined && constant.data.length <= SHORT_CONSTANT) {
    const elements = Array.from(constant.data as ArrayLike<number | bigint>, String).join(', ');
    return constant.shape.length === 0 ? elements : `[${elements}]`;
  }
  return value.name ?? `%${value.id}`;
}

function printAttribute(attribute: Attribute): string {
  const [value] = Object.values(attribute) as [number | string | readonly number[]];
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
