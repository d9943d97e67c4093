/**
 * SegmentRecomputation: gradient checkpointing (Chen et al. 2016, arXiv 1604.06174). Of the forward pass only the
 * checkpoints are kept for the backward pass, which computes the rest again, a segment at a time, when it comes to it.
 */
import { cast } from './cast.ts';
import { add } from './ops/elementwise.ts';
import { controlDependency } from './ops/shape.ts';
import type { Node, Value } from './value.ts';

/** A segment is the nodes up to one that makes a checkpoint, after the one before that does. */
export class SegmentRecomputation {
  readonly #nodes: readonly Node[];
  readonly #checkpoints: ReadonlySet<Value>;
  /** Values of the segment entered last, by those that they repeat. */
  #repeated = new Map<Value, Value>();

  /** Without checkpoints every value is kept, and nothing is computed again. */
  constructor(nodes: readonly Node[], checkpoints: ReadonlySet<Value> = new Set()) {
    this.#nodes = nodes;
    this.#checkpoints = checkpoints;
  }

  /** The value that the backward pass reads in place of `value`. */
  of(value: Value): Value {
    return this.#repeated.get(value) ?? value;
  }

  /**
   * To be called for each node that gradients come to, last to first. Where a segment ends it is repeated, once the
   * gradients by its end are there: onnxruntime would repeat it at once otherwise, and keep it after all.
   */
  enter(index: number, byEnd: readonly Value[]): void {
    if (!makesOneOf(this.#nodes[index]!, this.#checkpoints)) return;
    this.#repeated = new Map();
    let start = index;
    while (start > 0 && !makesOneOf(this.#nodes[start - 1]!, this.#checkpoints)) start--;
    this.#repeat(this.#nodes.slice(start, index + 1), controlDependency(byEnd));
  }

  #repeat(segment: readonly Node[], zero: Value): void {
    const late = new Map<Value, Value>();
    const operand = (value: Value | undefined) => {
      if (value === undefined || !this.#checkpoints.has(value)) return value && this.of(value);
      const known = late.get(value) ?? add(value, cast(zero, value.dtype));
      late.set(value, known);
      return known;
    };
    for (const { op, inputs, outputs, attributes } of segment) {
      const operands = inputs.map(operand);
      // What depends on no checkpoint would be made at once: it is small, and kept.
      if (operands.every((value, position) => value === inputs[position])) continue;
      const again = zero.graph.apply(op, operands, attributes);
      for (const [position, output] of outputs.entries()) {
        if (output === undefined || this.#checkpoints.has(output)) continue;
        this.#repeated.set(output, again[position]!);
      }
    }
  }
}

function makesOneOf(node: Node, values: ReadonlySet<Value>): boolean {
  return node.outputs.some((output) => output !== undefined && values.has(output));
}
