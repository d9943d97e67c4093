/**
 * Composites become ONNX operators, in the cheapest form that still makes the outputs somebody reads.
 * The result is a new graph with the same inputs and outputs, and the same parameters but for `storedFlipped`.
 */
import { Graph } from './graph.ts';
import { COMPOSITE_DOMAIN } from './operators/operator.ts';
import { apply, applyAll } from './ops/apply.ts';
import { add, mul } from './ops/elementwise.ts';
import { flip, reshape, transpose } from './ops/layout.ts';
import { matmul, transposed } from './ops/linear-algebra.ts';
import { ones, softmax } from './ops/normalization.ts';
import { type Attributes, floatOf, intOf, type Node, type Value } from './value.ts';

export interface LoweringOptions {
  /**
   * Use onnxruntime's own operators for attention: the fused kernel where nothing reads the probabilities, else its
   * products of transposed matrices. Default true.
   */
  readonly fusedAttention?: boolean;
  /**
   * The turned kernels, by `flippedName`, that are stored too and so become parameters. The others are turned by nodes,
   * which onnxruntime folds into a copy of its own. Default none.
   */
  readonly storedFlipped?: ReadonlySet<string>;
}

/** The parameter that holds the turned kernel of the parameter `name`. No checkpoint has a space in its names. */
export const flippedName = (name: string): string => `${name} turned`;

/**
 * Up to here a scale for each value is up to 30 % faster than one that is broadcast. Beyond, as in decoders from 768
 * pixels on, it is slower, takes as much memory as it is long, and its kernel's rounding adds up to 1e-4.
 */
const LONGEST_FAST_ROW = 1 << 21;

interface Composite {
  readonly node: Node;
  /** The node's operands, in the new graph. */
  readonly inputs: readonly Value[];
  /** Whether anything reads output `index`. */
  readonly reads: (index: number) => boolean;
  readonly options: LoweringOptions;
}

/** Gives the node's outputs in the new graph; undefined for one that nobody reads. */
type Lowering = (composite: Composite) => readonly (Value | undefined)[];

const LOWERINGS: Readonly<Record<string, Lowering>> = {
  LayerNorm: ({ node, inputs }) =>
    applyAll('LayerNormalization', inputs, {
      axis: { int: -1 },
      epsilon: { float: floatOf(node.attributes, 'epsilon') },
    }),

  // LayerNormalization over whole groups was the fastest of four forms, and gives 1 / deviation besides.
  GroupNorm: ({ node, inputs: [x, scale, bias] }) => {
    const [batch, channels] = x!.shape as [number, number];
    const groups = intOf(node.attributes, 'groups');
    const rows = reshape(x!, [batch, groups, -1]); // [B, groups, L]
    const length = rows.shape[2]!;
    const scaleLength = length > LONGEST_FAST_ROW ? 1 : length;
    const [standardized, , inverse] = applyAll('LayerNormalization', [rows, ones(x!, [scaleLength])], {
      axis: { int: -1 },
      epsilon: { float: floatOf(node.attributes, 'epsilon') },
    });
    const perChannel = [1, channels, ...x!.shape.slice(2).map(() => 1)];
    const scaled = mul(reshape(standardized!, x!.shape), reshape(scale!, perChannel));
    return [add(scaled, reshape(bias!, perChannel)), standardized, inverse];
  },

  Attention: ({ node, inputs: [q, k, v], reads, options }) => {
    const scale = floatOf(node.attributes, 'scale');
    if (!reads(1) && options.fusedAttention !== false) return [fusedAttention(q!, k!, v!, scale)];
    const scores = lowerProduct(
      q!,
      k!,
      { transA: { int: 0 }, transB: { int: 1 }, alpha: { float: scale } },
      options,
    );
    const probabilities = softmax(scores); // [B, H, N, M]
    return [reads(0) ? matmul(probabilities, v!) : undefined, probabilities];
  },

  FlippedKernel: ({ node, inputs: [kernel], options }) => {
    const { name, producer } = kernel!;
    const shape = node.outputs[0]!.shape;
    if (producer === undefined && name !== undefined && options.storedFlipped?.has(flippedName(name))) {
      return [kernel!.graph.parameter(flippedName(name), shape)];
    }
    const isWindow = shape[2] !== 1 || shape[3] !== 1;
    return [transpose(isWindow ? flip(kernel!, [2, 3]) : kernel!, [1, 0, 2, 3])];
  },

  Product: ({ node, inputs: [a, b], options }) => [lowerProduct(a!, b!, node.attributes, options)],
};

/** FusedMatMul reads transposed operands as they lie; WebGPU has no such kernel. */
function lowerProduct(
  a: Value,
  b: Value,
  attributes: Attributes,
  { fusedAttention }: LoweringOptions,
): Value {
  if (fusedAttention !== false) return apply('FusedMatMul', [a, b], attributes);
  const turned = (x: Value, name: string) => (intOf(attributes, name) === 1 ? transposed(x) : x);
  const scale = floatOf(attributes, 'alpha');
  const whole = matmul(turned(a, 'transA'), turned(b, 'transB'));
  return scale === 1 ? whole : mul(whole, scale);
}

/** The fused kernel reads [B, N, H d]; the transpositions cancel against those that split the heads. */
function fusedAttention(q: Value, k: Value, v: Value, scale: number): Value {
  const [batch, heads, n] = q.shape as [number, number, number, number];
  const joined = [q, k, v].map((x) => reshape(transpose(x, [0, 2, 1, 3]), [batch, x.shape[2]!, -1]));
  const output = apply('MultiHeadAttention', joined, { num_heads: { int: heads }, scale: { float: scale } });
  return transpose(reshape(output, [batch, n, heads, -1]), [0, 2, 1, 3]);
}

export function lowerGraph(graph: Graph, options: LoweringOptions = {}): Graph {
  const lowered = new Graph(graph.name);
  const image = new Map<Value, Value>();
  for (const [name, value] of graph.inputs) image.set(value, lowered.input(name, value.shape, value.dtype));
  for (const [name, value] of graph.parameters) image.set(value, lowered.parameter(name, value.shape));
  for (const [value, tensor] of graph.constants) image.set(value, lowered.constant(tensor));

  const { nodes, read } = reachFromOutputs(graph);
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => input && image.get(input));
    const outputs =
      node.domain === COMPOSITE_DOMAIN
        ? lowerComposite({
            node,
            inputs: inputs as Value[],
            reads: (index) => read.has(node.outputs[index]!),
            options,
          })
        : lowered.apply(node.op, inputs, node.attributes);
    for (const [index, output] of node.outputs.entries()) {
      const lowerOutput = outputs[index];
      if (output === undefined || lowerOutput === undefined) continue;
      if (output.name !== undefined) lowerOutput.name ??= output.name;
      image.set(output, lowerOutput);
    }
  }
  for (const [name, value] of graph.outputs) lowered.output(name, image.get(value)!);
  return lowered;
}

/**
 * The nodes that some output depends on, and the values that those read. Operators are applied before anyone knows
 * who will read them (a reshape of a reshape skips the first, a gradient may not be wanted), and onnxruntime runs
 * every node that it is given.
 */
function reachFromOutputs(graph: Graph): {
  readonly nodes: readonly Node[];
  readonly read: ReadonlySet<Value>;
} {
  const read = new Set<Value>(graph.outputs.values());
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => output !== undefined && read.has(output))) continue;
    nodes.push(node);
    for (const input of node.inputs) if (input !== undefined) read.add(input);
  }
  return { nodes: nodes.reverse(), read };
}

function lowerComposite(composite: Composite): readonly (Value | undefined)[] {
  const lowering = LOWERINGS[composite.node.op];
  if (lowering === undefined) throw new Error(`internal: ${composite.node.op} has no lowering`);
  return lowering(composite);
}
