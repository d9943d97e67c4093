/** Value and Node: the typed edges of a graph, and the operators between them. Plain data; only Graph makes them. */
import type { DType, Shape } from '../tensor/tensor.ts';
import type { Graph } from './graph.ts';
import type { OpDefinition } from './op.ts';

/** An operator's setting, of the kind that the ONNX attribute has; `dtype` is written as ONNX's type number. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string }
  | { readonly dtype: DType };

export type Attributes = Readonly<Record<string, Attribute>>;

/** One array that exists while the graph runs. Its shape is known when the graph is built. */
export interface Value {
  readonly id: number;
  readonly graph: Graph;
  readonly dtype: DType;
  readonly shape: Shape;
  /** The node that makes it; undefined for inputs, parameters and constants. */
  readonly producer: Node | undefined;
  /** For people who read a printed graph; inputs and parameters have the name they were asked for with. */
  name?: string;
}

/** A weight of the checkpoint. */
export interface Parameter extends Value {
  readonly dtype: 'float32' | 'float16';
}

export interface Node {
  readonly op: OpDefinition;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
}

/** Type and shape of a value that does not exist yet: the answer of shape inference. */
export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** @throws Error `internal:` where there is none of this name and type */
export function intOf(attributes: Attributes, name: string): number {
  const attribute = attributes[name];
  if (attribute === undefined || !('int' in attribute)) throw new Error(`internal: no integer ${name}`);
  return attribute.int;
}

/** @throws Error `internal:`, as intOf */
export function intsOf(attributes: Attributes, name: string): readonly number[] {
  const attribute = attributes[name];
  if (attribute === undefined || !('ints' in attribute)) throw new Error(`internal: no integers ${name}`);
  return attribute.ints;
}

/** @throws Error `internal:`, as intOf */
export function floatOf(attributes: Attributes, name: string): number {
  const attribute = attributes[name];
  if (attribute === undefined || !('float' in attribute)) throw new Error(`internal: no float ${name}`);
  return attribute.float;
}

/** The integers in a constant operand, such as the target shape of a Reshape. */
export function constantInts(value: Value): readonly number[] {
  const tensor = value.graph.constants.get(value);
  if (tensor === undefined || tensor.dtype !== 'int64') {
    throw new Error(`internal: value ${value.id} must be an int64 constant`);
  }
  return Array.from(tensor.data as BigInt64Array, Number);
}
