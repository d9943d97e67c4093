/**
 * gradient: reverse-mode differentiation, which writes the backward pass into the graph as ordinary nodes.
 *
 * The walk goes through the nodes once, last to first (no recursion: a UNet is thousands of nodes deep), holding the
 * gradient of the target by each value met so far. Each op says itself what it passes to its operands. Only values
 * downstream of a `wrt` carry gradients, so nothing before the first adapted layer costs anything.
 */
import { float32 } from '../tensor/tensor.ts';
import { cast } from './cast.ts';
import { SegmentRecomputation } from './checkpointing.ts';
import { broadcastShapes, type OpDefinition, operandsOf } from './op.ts';
import { addToProduct } from './ops/linear-algebra.ts';
import { reduceSum } from './ops/reductions.ts';
import { expand, reshape } from './ops/shape.ts';
import { isFloat } from './precision.ts';
import type { Node, Value } from './value.ts';

/** One end of the backward pass: `seed`, of the shape of `output`, is the gradient of the target by it. */
export interface Target {
  readonly output: Value;
  readonly seed: Value;
}

/**
 * How much of the forward pass is held until the backward pass needs it, from little work to little memory: everything;
 * all but large attention probabilities, which are computed again head by head, so that of their memory one head's share
 * is left; or, besides these, nothing but the checkpoints, between which all is computed again.
 */
export type GradientCheckpointing = 'none' | 'attention' | { readonly checkpoints: ReadonlySet<Value> };

/**
 * The gradients of `targets` by each of `wrt`, in its order and shapes. A loss stands for its sum.
 *
 * Throws when an op between them has no gradient, and when a `wrt` does not influence the targets.
 */
export function gradient(
  targets: Value | readonly Target[],
  wrt: readonly Value[],
  checkpointing: GradientCheckpointing = 'none',
): Value[] {
  const ends = 'graph' in targets ? [{ output: targets, seed: onesLike(targets) }] : targets;
  const nodes = wrt[0]?.graph.nodes.slice() ?? []; // before the gradients append to them
  const downstream = downstreamOf(wrt, nodes);
  const checkpoints = typeof checkpointing === 'string' ? undefined : checkpointing.checkpoints;
  const recomputation = new SegmentRecomputation(nodes, checkpoints);
  const gradients = new Map<Value, Value>();
  const accumulate = (value: Value, part: Value): void => {
    const fitted = cast(sumTo(part, value), value.dtype);
    const known = gradients.get(value);
    gradients.set(value, known === undefined ? fitted : addToProduct(known, fitted));
  };

  for (const { output, seed } of ends) accumulate(output, seed);
  for (const [index, node] of [...nodes.entries()].reverse()) {
    const ds = node.outputs.map((output) => output && gradients.get(output));
    if (!ds.some(Boolean) || !node.inputs.some((input) => input && downstream.has(input))) continue;
    recomputation.enter(index, ds.filter(isThere));
    const builders = gradientOf(node.op)({
      inputs: operandsOf(node.inputs.map((input) => input && recomputation.of(input))),
      outputs: operandsOf(node.outputs.map((output) => output && recomputation.of(output))),
      d: ds[0] as Value,
      ds,
      attributes: node.attributes,
      recomputesAttention: checkpointing !== 'none',
    });
    for (const [position, input] of node.inputs.entries()) {
      if (input === undefined || !downstream.has(input)) continue;
      const build = builders[position];
      if (build === undefined)
        throw new Error(`internal: ${node.op.name} has no gradient by operand ${position}`);
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

/** The values that a change of `wrt` can reach; through floats only, since other types have no gradient. */
function downstreamOf(wrt: readonly Value[], nodes: readonly Node[]): ReadonlySet<Value> {
  const reached = new Set<Value>(wrt);
  for (const node of nodes) {
    if (!node.inputs.some((input) => input !== undefined && reached.has(input))) continue;
    for (const output of node.outputs) if (output !== undefined && isFloat(output.dtype)) reached.add(output);
  }
  return reached;
}

function gradientOf({ name, gradient }: OpDefinition) {
  if (gradient === undefined) throw new Error(`internal: ${name} has no gradient`);
  return gradient;
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
