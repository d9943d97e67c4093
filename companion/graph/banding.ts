/**
 * bandGraph: the same numbers with less memory, for graphs over images that nothing is differentiated in. Large images
 * [B, C, H, W] are made band of rows by band of rows: a convolution reads a few rows of the neighbours, and a group norm
 * has the statistics of the whole image, so that there are no seams to hide. What is between two convolutions is never
 * whole, and a band is given up when the last that reads it is made.
 */

import { elementCount } from '../tensor/tensor.ts';
import {
  bounds,
  convolution,
  isWhole,
  kept,
  type Made,
  type Rows,
  rowsOf,
  upsampling,
} from './banded-rows.ts';
import { Graph } from './graph.ts';
import { add, attentionByRows, mul, reciprocal, reduceMean, reshape, sqrt, sub } from './ops/index.ts';
import { floatOf, intOf, type Node, type Value } from './value.ts';

/**
 * Elements from which on an image is banded. A codec of usual width stays below at 512 px, where it takes less than a
 * gigabyte. Above, bands cost 2 to 5 % of the time and save a third of the memory (docs/performance.md).
 */
const LEAST_ELEMENTS = 2 ** 26 + 1;

/** Bands of an image. With more of them little is saved, and each costs nodes, and rows that are made twice. */
const BANDS = 8;

export interface BandOptions {
  /** Default 8. */
  readonly bands?: number;
  /** Default: more than 2^26. */
  readonly leastElements?: number;
}

/** A new graph with the same inputs, outputs and parameters. */
export function bandGraph(graph: Graph, options: BandOptions = {}): Graph {
  const { bands = BANDS, leastElements = LEAST_ELEMENTS } = options;
  const banded = new Graph(graph.name);
  const made = new Map<Value, Made>();
  for (const [name, value] of graph.inputs) made.set(value, banded.input(name, value.shape, value.dtype));
  for (const [name, value] of graph.parameters) {
    made.set(value, banded.parameter(name, value.shape, value.dtype));
  }
  for (const [value, tensor] of graph.constants) made.set(value, banded.constant(tensor));

  const wholes = new Map<Rows, Value>();
  const whole = (value: Made): Value => {
    if (isWhole(value)) return value;
    const known = wholes.get(value) ?? value.rows(0, value.shape[2]!);
    wholes.set(value, known);
    return known;
  };
  const isLarge = ({ shape }: Value) => shape.length === 4 && elementCount(shape) >= leastElements;
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => input && made.get(input)!);
    const [first] = node.outputs as [Value];
    const parts =
      node.op.name === 'Attention'
        ? attentionByRows(
            node,
            inputs.map((input) => whole(input!)),
            { bands, leastElements },
          )
        : undefined;
    if (parts !== undefined) {
      made.set(first, parts);
      continue;
    }
    const rows =
      isLarge(first) || node.inputs.some((input) => input && isLarge(input))
        ? BANDED[node.op.name]?.(node, inputs, bands, whole)
        : undefined;
    if (rows !== undefined) {
      made.set(first, rows);
      continue;
    }
    const outputs = banded.apply(
      node.op,
      inputs.map((input) => input && whole(input)),
      node.attributes,
    );
    for (const [index, output] of node.outputs.entries())
      if (output !== undefined) made.set(output, outputs[index]!);
  }
  for (const [name, value] of graph.outputs) banded.output(name, whole(made.get(value)!));
  return banded;
}

type Banding = (
  node: Node,
  inputs: readonly (Made | undefined)[],
  bands: number,
  whole: (value: Made) => Value,
) => Rows | undefined;

/** Operators by name that are made by rows; the others read and make whole images. */
const BANDED: Readonly<Record<string, Banding>> = {
  Conv: convolution,
  Resize: upsampling,
  GroupNorm: groupNorm,
  QuickGelu: pointwise,
  Relu: pointwise,
  Tanh: pointwise,
  Add: arithmetic,
  Sub: arithmetic,
  Mul: arithmetic,
  Div: arithmetic,
};

function pointwise({ op, attributes, outputs }: Node, [x, ...others]: readonly (Made | undefined)[]): Rows {
  return {
    shape: outputs[0]!.shape,
    rows: (start, end) => {
      const read = rowsOf(x!, start, end);
      return read.graph.apply(op, [read, ...(others as Value[])], attributes)[0]!;
    },
  };
}

/** Sum or product of two images, or of an image and what is the same in every row. */
function arithmetic(
  node: Node,
  inputs: readonly (Made | undefined)[],
  bands: number,
  whole: (value: Made) => Value,
): Rows {
  const { op, attributes, outputs } = node;
  const { shape } = outputs[0]!;
  const varies = inputs.map((input) => input!.shape.length === 4 && input!.shape[2]! > 1);
  const make = (start: number, end: number): Value => {
    const read = inputs.map((input, index) => (varies[index] ? rowsOf(input!, start, end) : whole(input!)));
    return read[0]!.graph.apply(op, read, attributes)[0]!;
  };
  // A sum of two images is kept: both would be, else, for whoever reads it.
  return varies.every(Boolean) ? kept(shape, bands, make) : { shape, rows: make };
}

/** As one factor and one offset a channel, from the mean and variance of all rows. */
function groupNorm(
  { attributes, outputs }: Node,
  inputs: readonly (Made | undefined)[],
  bands: number,
): Rows {
  const [x, scale, bias] = inputs as [Made, Value, Value];
  const { shape } = outputs[0]!;
  const [batch, channels, height] = shape as [number, number, number, number];
  const groups = intOf(attributes, 'groups');
  const grouped = (start: number, end: number) => reshape(rowsOf(x, start, end), [batch, groups, -1]);
  const average = (of: (rows: Value) => Value) =>
    bounds(height, bands)
      .map(([start, end]) =>
        mul(reduceMean(of(grouped(start, end)), [-1], { keepDims: true }), (end - start) / height),
      )
      .reduce(add); // [B, groups, 1]
  const mean = average((rows) => rows);
  const variance = average((rows) => {
    const centred = sub(rows, mean);
    return mul(centred, centred);
  });
  const inverse = reciprocal(sqrt(add(variance, floatOf(attributes, 'epsilon'))));
  const perGroup = (values: Value) => reshape(values, [1, groups, channels / groups]);
  const factor = mul(perGroup(scale), inverse); // [B, groups, C / groups]
  const offset = sub(perGroup(bias), mul(factor, mean));
  const perChannel = [batch, channels, 1, 1];
  return {
    shape,
    rows: (start, end) =>
      add(mul(rowsOf(x, start, end), reshape(factor, perChannel)), reshape(offset, perChannel)),
  };
}
