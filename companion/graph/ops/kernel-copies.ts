/**
 * Kernel copies: kernels of convolutions in other forms, for which the CPU needs less time. They follow from the weights
 * alone: where a model is large they come from a file, else onnxruntime works them out when it makes a session.
 *
 * 3 x 3 cells of an image whose cells were doubled are 2 x 2 of the small one, whose weights are sums: 16 products in place of
 * 36, in four convolutions, one for each place in a doubled cell. The gradient by the small image is one convolution with
 * 4 x 4 cells in place of one with 3 x 3 and a mean of 2 x 2, with as many products less.
 *
 * 3 x 3 cells in Winograd's form take a quarter of the products, and four times the bytes: only where a session asks for it.
 */
import { elementCount, float32, type Shape } from '../../tensor/tensor.ts';
import type { Graph } from '../graph.ts';
import { apply, type LoweringCall, type LoweringOptions, type OpDefinition } from '../op.ts';
import type { Node, Value } from '../value.ts';
import { lowerMatmul } from './linear-algebra.ts';
import { concat, reshape } from './shape.ts';
import {
  type Applied,
  convolveTiles,
  isSquareOf3,
  kernelShares,
  PLACES_IN_TILE,
  tiledBy,
  type WinogradUse,
} from './winograd.ts';

/** Products from which on it pays: fewer take no longer than the nodes that the other form needs. */
const LEAST_PRODUCTS = 1 << 23;

/** A kernel [O, C, kH, kW] of a checkpoint in another form. */
export interface KernelCopy {
  /** Parameter that holds it. No checkpoint has a space in its names. */
  readonly name: string;
  /** Parameter that it is made of, with its shape. */
  readonly of: string;
  readonly from: Shape;
  /** `winograd`: [36, O, C]; the others are [.., .., kH, kW]. */
  readonly form: 'turned' | 'doubled' | 'mean' | 'winograd';
  readonly shape: Shape;
  /** [kH kW, n]: the kernel's cells, by how much of each is in one of the copy's n. Undefined: turned by 180 degrees. */
  readonly sums: Float32Array | undefined;
}

/** Name of the parameter that holds the kernel `name` turned by 180 degrees. */
export const flippedName = (name: string): string => `${name} turned`;
const doubledName = (name: string, y: number, x: number): string => `${name} doubled ${y} ${x}`;
const meanName = (name: string): string => `${name} mean`;
const winogradName = (name: string): string => `${name} winograd`;

const PLACES = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const;

/**
 * Copies of its parameters that a session of the graph can read from a file.
 * @param winograd default: no kernel in that form
 */
export function kernelCopies({ nodes, parameters }: Graph, winograd?: WinogradUse): readonly KernelCopy[] {
  const copies = new Map<string, KernelCopy>();
  for (const node of nodes) {
    const { name, shape, dtype } = kernelOf(node) ?? tiledBy(node, winograd) ?? {};
    if (name === undefined || parameters.get(name)?.shape !== shape || dtype !== 'float32') continue;
    for (const copy of copiesFor(node, name, shape!)) copies.set(copy.name, copy);
  }
  return [...copies.values()];
}

/** The kernel, as a checkpoint has it, that a node reads in another form; undefined for other nodes. */
function kernelOf(node: Node): Value | undefined {
  if (node.op.name === 'FlippedKernel') return node.inputs[0];
  const averaged = averagedBy(node)?.weight.producer;
  return averaged === undefined ? upsampledBy(node)?.weight : kernelOf(averaged);
}

function copiesFor(node: Node, of: string, from: Shape): readonly KernelCopy[] {
  const [out, channels, ...size] = from as [number, number, number, number];
  const copy = { of, from };
  const { op } = node;
  if (op.name === 'Conv' && upsampledBy(node) === undefined) {
    const shape = [PLACES_IN_TILE, out, channels];
    return [{ ...copy, name: winogradName(of), form: 'winograd', shape, sums: kernelShares() }];
  }
  if (op.name === 'Conv') {
    return PLACES.map(([y, x]) => {
      const name = doubledName(of, y, x);
      return { ...copy, name, form: 'doubled', shape: [out, channels, 2, 2], sums: windows(y, x) };
    });
  }
  if (op.name === 'AveragePool') {
    return [{ ...copy, name: meanName(of), form: 'mean', shape: [channels, out, 4, 4], sums: means(true) }];
  }
  return [
    { ...copy, name: flippedName(of), form: 'turned', shape: [channels, out, ...size], sums: undefined },
  ];
}

/** A 3 x 3 convolution of an image whose cells were doubled. */
function upsampledBy({ op, inputs, attributes }: Applied) {
  const [x, weight] = inputs as readonly [Value, Value];
  const before = x?.producer;
  if (op.name !== 'Conv' || before?.op.name !== 'Resize' || !isSquareOf3(attributes, weight))
    return undefined;
  const isWorth = elementCount(x.shape) * weight.shape[0]! >= LEAST_PRODUCTS;
  return isWorth ? { image: before.inputs[0]!, weight } : undefined;
}

/** The mean of 2 x 2 cells of a 3 x 3 convolution. */
function averagedBy({ op, inputs: [x] }: Applied) {
  const node = x?.producer;
  if (op.name !== 'AveragePool' || node?.op.name !== 'Conv' || node.inputs[2] !== undefined) return undefined;
  const [image, weight] = node.inputs as readonly [Value, Value];
  const isWorth = elementCount(x!.shape) * weight.shape[1]! >= LEAST_PRODUCTS;
  return isWorth && isSquareOf3(node.attributes, weight) ? { image, weight, node } : undefined;
}

/** Undefined where the convolution stays as it is. */
export function convolutionByCopies(op: OpDefinition, call: LoweringCall): readonly Value[] | undefined {
  const { inputs, attributes, options } = call;
  const [, weight, bias] = inputs;
  const found = upsampledBy({ op, inputs, attributes });
  if (found === undefined) return convolutionByTiles(op, call);
  const { image } = found;
  const [batch, , height, width] = image.shape as [number, number, number, number];
  const [out, channels] = weight.shape as [number, number];
  const cells: Value[] = [];
  for (const [y, x] of PLACES) {
    const copy = {
      name: doubledName(weight.name ?? '', y, x),
      shape: [out, channels, 2, 2],
      sums: windows(y, x),
    };
    const kernel = copied(weight, copy, options);
    if (kernel === undefined) return undefined;
    const settings = { kernel_shape: { ints: [2, 2] }, pads: { ints: [1 - y, 1 - x, y, x] } };
    const operands = bias === undefined ? [image, kernel] : [image, kernel, bias];
    cells.push(
      reshape(apply(op, operands, { ...attributes, ...settings }), [batch, out, height, 1, width, 1]),
    );
  }
  const rows = [concat(cells.slice(0, 2), 5), concat(cells.slice(2), 5)];
  return [reshape(concat(rows, 3), [batch, out, 2 * height, 2 * width])];
}

function convolutionByTiles(op: OpDefinition, { inputs, attributes, options }: LoweringCall) {
  const [x, weight, bias] = inputs;
  const name = winogradName(weight.name ?? '');
  if (!options.storedKernels?.has(name) || !isParameter(weight)) return undefined;
  if (tiledBy({ op, inputs, attributes }, 'always') === undefined) return undefined;
  const [out, channels] = weight.shape as [number, number];
  const kernel = weight.graph.parameter(name, [PLACES_IN_TILE, out, channels], 'float32');
  return [convolveTiles(x, kernel, bias)];
}

/** Undefined where the mean stays as it is. */
export function meanByCopies(op: OpDefinition, call: LoweringCall): readonly Value[] | undefined {
  const found = averagedBy({ op, inputs: call.inputs, attributes: call.attributes });
  if (found === undefined) return undefined;
  const { image, weight, node } = found;
  const turned = flippedName('');
  const name = weight.name?.endsWith(turned) ? meanName(weight.name.slice(0, -turned.length)) : '';
  const [channels, out] = weight.shape as [number, number];
  const kernel = copied(weight, { name, shape: [channels, out, 4, 4], sums: means(false) }, call.options);
  if (kernel === undefined) return undefined;
  const settings = { kernel_shape: { ints: [4, 4] }, strides: { ints: [2, 2] } };
  return [apply(node.op, [image, kernel], { ...node.attributes, ...settings })];
}

/** The copy as a stored parameter, or worked out of `weight` where that is allowed. */
function copied(
  weight: Value,
  { name, shape, sums }: { readonly name: string; readonly shape: Shape; readonly sums: Float32Array },
  { storedKernels, foldsKernels }: LoweringOptions,
): Value | undefined {
  const { graph } = weight;
  if (storedKernels?.has(name) && isParameter(weight)) return graph.parameter(name, shape, 'float32');
  if (!foldsKernels || !isFixed(weight)) return undefined;
  const table = graph.constant(float32(sums, [9, sums.length / 9]));
  return reshape(lowerMatmul(reshape(weight, [-1, 9]), table, {}, {}), shape);
}

/** True for what follows from weights and constants alone. */
function isFixed(value: Value): boolean {
  const { producer, graph } = value;
  if (producer !== undefined) return producer.inputs.every((input) => input === undefined || isFixed(input));
  return graph.constants.has(value) || isParameter(value);
}

/** True for a weight of the checkpoint. */
export function isParameter(value: Value): boolean {
  return value.name !== undefined && value.graph.parameters.get(value.name) === value;
}

/** Cells of 3 that fall on each cell of 2, seen from the first or second place in a doubled cell. */
const FALLS_ON = [
  [[0], [1, 2]],
  [[0, 1], [2]],
] as const;

/** [9, 4]: 1 where a cell of a 3 x 3 window falls on one of 2 x 2, else 0. */
function windows(y: 0 | 1, x: 0 | 1): Float32Array {
  const falls = new Float32Array(9 * 4);
  for (const [row, ys] of FALLS_ON[y].entries()) {
    for (const [column, xs] of FALLS_ON[x].entries()) {
      for (const a of ys) for (const b of xs) falls[(3 * a + b) * 4 + 2 * row + column] = 1;
    }
  }
  return falls;
}

/** [9, 16]: a quarter where a cell of one of 2 x 2 windows, each a place further, lies on one of 4 x 4; else 0. */
function means(isTurned: boolean): Float32Array {
  const table = new Float32Array(9 * 16);
  for (const [y, x] of PLACES) {
    for (let cell = 0; cell < 9; cell++) {
      const [row, column] = [Math.floor(cell / 3), cell % 3];
      table[(isTurned ? 8 - cell : cell) * 16 + 4 * (y + row) + x + column]! += 1 / 4;
    }
  }
  return table;
}
