/**
 * Gradient checkpointing (Chen et al. 2016, arXiv 1604.06174): of the forward pass only some values are kept for the
 * backward pass, which makes the others again, a stretch of nodes at a time, when it comes to them.
 */
import { add } from './ops/elementwise.ts';
import { controlDependency } from './ops/ordering.ts';
import type { Node, Value } from './value.ts';

/** A stretch is the nodes up to one that makes a kept value, after the one before that does. */
export class SegmentRecomputation {
  readonly #nodes: readonly Node[];
  readonly #kept: ReadonlySet<Value>;
  /** The values of the stretch begun last, by those that they repeat. */
  #repeated = new Map<Value, Value>();

  /** Without `kept` every value is, and nothing is made again. */
  constructor(nodes: readonly Node[], kept: ReadonlySet<Value> = new Set()) {
    this.#nodes = nodes;
    this.#kept = kept;
  }

  /** What the backward pass reads in place of `value`. */
  of(value: Value): Value {
    return this.#repeated.get(value) ?? value;
  }

  /**
   * To be called for each node that gradients come to, last to first. Where a stretch ends it is repeated, once the
   * gradients by its end are there: onnxruntime would repeat it at once otherwise, and keep it after all.
   */
  enter(index: number, byEnd: readonly Value[]): void {
    if (!makesOneOf(this.#nodes[index]!, this.#kept)) return;
    this.#repeated = new Map();
    let start = index;
    while (start > 0 && !makesOneOf(this.#nodes[start - 1]!, this.#kept)) start--;
    this.#repeat(this.#nodes.slice(start, index + 1), controlDependency(byEnd));
  }

  #repeat(stretch: readonly Node[], zero: Value): void {
    const late = new Map<Value, Value>();
    const operand = (value: Value | undefined) => {
      if (value === undefined || !this.#kept.has(value)) return value && this.of(value);
      const known = late.get(value) ?? add(value, zero);
      late.set(value, known);
      return known;
    };
    for (const { op, inputs, outputs, attributes } of stretch) {
      const operands = inputs.map(operand);
      // What depends on no kept value would be made at once: it is small, and kept.
      if (operands.every((value, position) => value === inputs[position])) continue;
      const again = zero.graph.apply(op, operands, attributes);
      for (const [position, output] of outputs.entries()) {
        if (output !== undefined && !this.#kept.has(output)) this.#repeated.set(output, again[position]!);
      }
    }
  }
}

function makesOneOf(node: Node, values: ReadonlySet<Value>): boolean {
  return node.outputs.some((output) => output !== undefined && values.has(output));
}
