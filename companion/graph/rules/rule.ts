/** What a gradient rule is given, and what it answers. */
import type { Attributes, Value } from '../value.ts';

/** A rule knows how many operands its operator has; reading one past them gives undefined, which is a bug. */
export type Operands = readonly [Value, Value, Value, Value, Value];

export interface Step {
  readonly inputs: Operands;
  readonly outputs: Operands;
  /** The gradient of the target by output 0. Undefined, against its type, where only a later output has one. */
  readonly d: Value;
  /** The gradient by each output that has one. */
  readonly ds: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  /** See GradientOptions. */
  readonly recomputeAttention: boolean;
}

/**
 * For each operand that has a gradient, how to build it; built only where it is wanted. Broadcasting need not be
 * undone: the walker sums each answer to its operand's shape.
 */
type Rule = (step: Step) => readonly ((() => Value) | undefined)[];

export type RuleTable = Readonly<Record<string, Rule>>;

/** Several operands' gradients share `build`'s result, which is built once and only if one is wanted. */
export function shared<T>(build: () => T): () => T {
  let built: { readonly value: T } | undefined;
  return () => {
    built ??= { value: build() };
    return built.value;
  };
}
