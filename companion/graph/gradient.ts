/**
 * Reverse-mode differentiation: the backward pass is written into the graph as ordinary nodes.
 *
 * The walk goes through the nodes once, last to first (no recursion: a UNet is thousands of nodes deep), holding the
 * gradient of the target by each value met so far. What a node passes to its operands stands in a table, one rule
 * an operator (rules/). Only values downstream of a `wrt` carry gradients, so nothing before the first adapted
 * layer costs anything.
 */
import { float32 } from '../tensor/tensor.ts';
import { SegmentRecomputation } from './checkpointing.ts';
import { broadcastShapes } from './operators/operator.ts';
import { add } from './ops/elementwise.ts';
import { expand, reshape } from './ops/layout.ts';
import { gemm } from './ops/linear-algebra.ts';
import { reduceSum } from './ops/reduction.ts';
import type { Operands, Step } from './rules/rule.ts';
import { RULES } from './rules/table.ts';
import { intOf, type Node, type Value } from './value.ts';

/** One end of the backward pass: `seed`, of the shape of `output`, is the gradient of the target by it. */
export interface Target {
  readonly output: Value;
  readonly seed: Value;
}

/** Ways to hold less of the forward pass until the backward pass needs it, for more work. */
export interface GradientOptions {
  /**
   * Large attention probabilities are made again, head by head: of the memory of attention one head's share is left.
   * Default false.
   */
  readonly recomputeAttention?: boolean;
  /** The only values that are kept; what lies between is made again (recomputation.ts). Default: all are. */
  readonly kept?: ReadonlySet<Value>;
}

/**
 * The gradients of `targets` by each of `wrt`, in its order and shapes. A loss stands for its sum.
 *
 * Throws when an operator between them has no rule, and when a `wrt` does not influence the targets.
 */
export function gradient(
  targets: Value | readonly Target[],
  wrt: readonly Value[],
  options: GradientOptions = {},
): Value[] {
  const ends = 'graph' in targets ? [{ output: targets, seed: onesLike(targets) }] : targets;
  const nodes = wrt[0]?.graph.nodes.slice() ?? []; // before the rules append to them
  const downstream = downstreamOf(wrt, nodes);
  const recomputation = new SegmentRecomputation(nodes, options.kept);
  const gradients = new Map<Value, Value>();
  const accumulate = (value: Value, part: Value): void => {
    const fitted = sumTo(part, value);
    const known = gradients.get(value);
    gradients.set(value, known === undefined ? fitted : sum(known, fitted));
  };

  for (const { output, seed } of ends) accumulate(output, seed);
  for (const [index, node] of [...nodes.entries()].reverse()) {
    const ds = node.outputs.map((output) => output && gradients.get(output));
    if (!ds.some(Boolean) || !node.inputs.some((input) => input && downstream.has(input))) continue;
    recomputation.enter(index, ds.filter(isThere));
    const builders = ruleFor(node)({
      // A rule knows its operator's arity.
      inputs: node.inputs.map((input) => input && recomputation.of(input)) as unknown as Operands,
      outputs: node.outputs.map((output) => output && recomputation.of(output)) as unknown as Operands,
      d: ds[0] as Value,
      ds,
      attributes: node.attributes,
      recomputeAttention: options.recomputeAttention ?? false,
    } satisfies Step);
    for (const [position, input] of node.inputs.entries()) {
      if (input === undefined || !downstream.has(input)) continue;
      const build = builders[position];
      if (build === undefined) throw new Error(`internal: ${node.op} has no gradient by operand ${position}`);
      accumulate(input, build());
    }
  }
  return wrt.map((value) => {
    const found = gradients.get(value);
    if (found === undefined) {
      throw new Error(`internal: ${value.name ?? `value ${value.id}`} does not influence the target`);
    }
    return found;
  });
}

const isThere = (value: Value | undefined): value is Value => value !== undefined;

function onesLike(loss: Value): Value {
  return expand(loss.graph.constant(float32([1], [])), loss.shape);
}

/** The values that a change of `wrt` can reach; through float32 only, since other types have no gradient. */
function downstreamOf(wrt: readonly Value[], nodes: readonly Node[]): ReadonlySet<Value> {
  const reached = new Set<Value>(wrt);
  for (const node of nodes) {
    if (!node.inputs.some((input) => input !== undefined && reached.has(input))) continue;
    for (const output of node.outputs) if (output?.dtype === 'float32') reached.add(output);
  }
  return reached;
}

function ruleFor(node: Node) {
  const rule = RULES[node.op];
  if (rule === undefined) throw new Error(`internal: ${node.op} has no gradient rule`);
  return rule;
}

/**
 * a + b. Where b is a matrix product, the kernel that makes it adds a as it goes: one node and one pass less. The
 * product without the sum is left unread, and lowering drops it.
 */
function sum(a: Value, b: Value): Value {
  const made = b.producer?.op === 'Reshape' ? b.producer.inputs[0]! : b;
  const node = made.producer;
  if (node?.op !== 'Gemm' || node.inputs.length > 2) return add(a, b);
  const [left, right] = node.inputs as [Value, Value];
  const [transA, transB] = ['transA', 'transB'].map((name) => intOf(node.attributes, name) === 1) as [
    boolean,
    boolean,
  ];
  return reshape(gemm(left, right, { transA, transB, c: reshape(a, made.shape) }), b.shape);
}

/** Undoes broadcasting: sums over the axes that `value` was stretched along. */
function sumTo(part: Value, value: Value): Value {
  const { shape } = value;
  if (part.shape.join() === shape.join()) return part;
  if (broadcastShapes('gradient', part.shape, shape).join() !== part.shape.join()) {
    throw new Error(`internal: gradient [${part.shape}] does not belong to a value of shape [${shape}]`);
  }
  const added = part.shape.length - shape.length;
  const axes = [...part.shape.keys()].filter(
    (axis) => axis < added || (shape[axis - added] === 1 && part.shape[axis] !== 1),
  );
  return reshape(reduceSum(part, axes, { keepDims: true }), shape);
}
