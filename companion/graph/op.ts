/**
 * OpDefinition: all that the graph knows of an operator, in one object: shape inference, gradient, lowering. A node
 * holds the object itself, so that nothing is looked up by name and a new operator is one definition in one file.
 */
import type { Shape } from '../tensor/tensor.ts';
import { isFloat, type OperandPrecision, type Precision } from './precision.ts';
import type { Attributes, Value, ValueType } from './value.ts';

export interface OpDefinition {
  readonly name: string;
  /** '' is standard ONNX, 'com.microsoft' onnxruntime's own; 'likeness' exists only here, and lowering replaces it. */
  readonly domain: '' | 'likeness' | 'com.microsoft';
  /** Precision of its operands in a graph of half precision. Default `widest`. */
  readonly precision?: OperandPrecision | undefined;
  /** Types of the outputs. Throws with both numbers when the operands do not fit. */
  readonly infer: (call: OpCall) => readonly ValueType[];
  /**
   * For each operand that has a gradient, how to build it; built only where it is wanted. Broadcasting need not be
   * undone: the walker sums each answer to its operand's shape.
   */
  readonly gradient?: ((step: GradientStep) => readonly ((() => Value) | undefined)[]) | undefined;
  /** Outputs in the lowered graph, undefined for one that nobody reads. Composites have it, and nothing else. */
  readonly lower?: ((call: LoweringCall) => readonly (Value | undefined)[]) | undefined;
  /** Outputs of other nodes that take less time; undefined where the operator stays as it is. */
  readonly faster?: ((call: LoweringCall) => readonly Value[] | undefined) | undefined;
}

/** An operator with operands, before its outputs exist; a node is one, too. */
export interface OpCall {
  readonly op: OpDefinition;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
}

/** An operator knows how many operands it has; reading one past them gives undefined, which is a bug. */
export type Operands = readonly [Value, Value, Value, Value, Value];

/** Typed so, since a definition reads no more operands than its op has. */
export function operandsOf(values: readonly (Value | undefined)[]): Operands {
  return values as unknown as Operands;
}

/** Shape of images or kernels: [B, C, H, W], [O, C, kH, kW]. */
export type Shape4 = readonly [number, number, number, number];

/** @throws Error `internal:` where there are not four axes */
export function shape4({ shape }: Value): Shape4 {
  if (shape.length !== 4) throw new Error(`internal: expected four axes, got [${shape}]`);
  return shape as unknown as Shape4;
}

/** One node of the backward walk. */
export interface GradientStep {
  readonly inputs: Operands;
  readonly outputs: Operands;
  /** The gradient of the target by output 0. Undefined, against its type, where only a later output has one. */
  readonly d: Value;
  /** The gradient by each output that has one. */
  readonly ds: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  /** True where large attention probabilities are computed again: every kind of checkpointing but 'none'. */
  readonly recomputesAttention: boolean;
}

export interface LoweringOptions {
  /**
   * Use onnxruntime's own operators for attention: the fused kernel where nothing reads the probabilities, else its
   * products of transposed matrices. Default true; WebGPU has no such kernels.
   */
  readonly fusedAttention?: boolean;
  /**
   * Copies of kernels, by name (ops/kernel-copies.ts), that are stored too and so become parameters. Others that are flipped
   * are made by nodes, which onnxruntime folds into a copy of its own. Default none.
   */
  readonly storedKernels?: ReadonlySet<string>;
  /** Fold all copies that save time. Default false: for small models on the CPU. */
  readonly foldsKernels?: boolean;
}

export interface LoweringCall {
  /** Operands in the lowered graph. */
  readonly inputs: Operands;
  readonly attributes: Attributes;
  /** True where something reads output `index`. */
  readonly reads: (index: number) => boolean;
  readonly options: LoweringOptions;
}

const defined: OpDefinition[] = [];

/**
 * Every operator that was defined, for the test that asks each for a row.
 *
 * @internal
 */
export const definedOps: readonly OpDefinition[] = defined;

/** `domain` is standard ONNX unless given. */
export function defineOp(
  definition: Omit<OpDefinition, 'domain'> & { readonly domain?: OpDefinition['domain'] },
): OpDefinition {
  const op = { domain: '' as const, ...definition };
  if (defined.some(({ name }) => name === op.name))
    throw new Error(`internal: two ops are called ${op.name}`);
  defined.push(op);
  return op;
}

/** Appends a node to the graph of its operands; all its outputs. */
export function applyAll(
  op: OpDefinition,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): Value[] {
  const graph = inputs.find((input) => input !== undefined)?.graph;
  if (graph === undefined) throw new Error(`internal: ${op.name} has no operands`);
  return graph.apply(op, inputs, attributes);
}

/** The same, for its first output. */
export function apply(
  op: OpDefinition,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): Value {
  return applyAll(op, inputs, attributes)[0]!;
}

/** Several operands' gradients read `build`'s result, which is built once and only if one is wanted. */
export function lazy<T>(build: () => T): () => T {
  let built: { readonly value: T } | undefined;
  return () => {
    built ??= { value: build() };
    return built.value;
  };
}

/** @throws Error `internal:` where it is missing */
export function operand({ op, inputs }: OpCall, index: number): Value {
  const value = inputs[index];
  if (value === undefined) throw mismatch(op.name, `operand ${index} is missing`);
  return value;
}

/** For an op that was given what its rule does not allow: a bug of the caller, in one line. */
export function mismatch(op: string, message: string): Error {
  return new Error(`internal: ${op}: ${message}`);
}

/** The one float type of some operands. */
export function requireFloat(call: OpCall, ...indexes: readonly number[]): Precision {
  const { dtype: type } = operand(call, indexes[0]!);
  for (const index of indexes) {
    const { dtype } = operand(call, index);
    if (!isFloat(dtype)) throw mismatch(call.op.name, `operand ${index} is ${dtype}, must be a float`);
    if (dtype !== type) throw mismatch(call.op.name, `operands are ${type} and ${dtype}`);
  }
  return type as Precision;
}

/** @throws Error `internal:` with the shape and the rank */
export function requireRank(call: OpCall, index: number, rank: number): void {
  const { shape } = operand(call, index);
  if (shape.length !== rank) {
    throw mismatch(call.op.name, `operand ${index} has shape [${shape}], must have ${rank} axes`);
  }
}

/** @throws Error `internal:` with both shapes */
export function requireShape(call: OpCall, index: number, shape: Shape): void {
  const got = operand(call, index).shape;
  if (!sameShape(got, shape)) {
    throw mismatch(call.op.name, `operand ${index} has shape [${got}], must have [${shape}]`);
  }
}

/** True where all axes are the same: nothing is broadcast. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** An axis counted from the end is counted from the start; an axis outside the rank is refused. */
export function resolveAxis(op: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw mismatch(op, `axis ${axis} does not exist in ${rank} axes`);
  }
  return resolved;
}

/** numpy's rule: axes are aligned at the end; a size of 1 stretches. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw mismatch(op, `[${a}] and [${b}] do not broadcast: ${sizeA} against ${sizeB}`);
    }
    return sizeA === 1 ? sizeB : sizeA;
  });
}
