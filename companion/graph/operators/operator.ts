/** What the graph knows of an operator: its domain, and the types of its outputs given its operands. */
import type { Shape } from '../../tensor/tensor.ts';
import type { Attributes, Value, ValueType } from '../value.ts';

/** Operators that exist only here; lowering replaces them before a graph is written. */
export const COMPOSITE_DOMAIN = 'likeness';
/** onnxruntime's own operators. */
export const RUNTIME_DOMAIN = 'com.microsoft';

export interface Application {
  readonly op: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
}

export interface Operator {
  /** '' is standard ONNX. */
  readonly domain: string;
  /** Throws with both numbers when the operands do not fit. */
  readonly infer: (application: Application) => readonly ValueType[];
}

export type OperatorTable = Readonly<Record<string, Operator>>;

export function operator(infer: Operator['infer'], domain = ''): Operator {
  return { domain, infer };
}

export function operand({ op, inputs }: Application, index: number): Value {
  const value = inputs[index];
  if (value === undefined) throw new Error(`internal: ${op}: operand ${index} is missing`);
  return value;
}

export function mismatch(op: string, message: string): Error {
  return new Error(`internal: ${op}: ${message}`);
}

export function requireFloat(application: Application, ...indexes: readonly number[]): void {
  for (const index of indexes) {
    const { dtype } = operand(application, index);
    if (dtype !== 'float32') throw mismatch(application.op, `operand ${index} is ${dtype}, must be float32`);
  }
}

export function requireRank(application: Application, index: number, rank: number): void {
  const { shape } = operand(application, index);
  if (shape.length !== rank) {
    throw mismatch(application.op, `operand ${index} has shape [${shape}], must have ${rank} axes`);
  }
}

export function requireShape(application: Application, index: number, shape: Shape): void {
  const got = operand(application, index).shape;
  if (!sameShape(got, shape)) {
    throw mismatch(application.op, `operand ${index} has shape [${got}], must have [${shape}]`);
  }
}

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
