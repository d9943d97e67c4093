/** One operator applied for its first output, or for all of them. */
import type { Attributes, Value } from '../value.ts';

export function applyAll(
  op: string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): Value[] {
  const graph = inputs.find((input) => input !== undefined)?.graph;
  if (graph === undefined) throw new Error(`internal: ${op} has no operands`);
  return graph.apply(op, inputs, attributes);
}

export function apply(
  op: string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): Value {
  return applyAll(op, inputs, attributes)[0]!;
}
