/**
 * Rows: a large image that is never whole, by the rows that others ask it for. Convolutions and doubled images make theirs of
 * the rows of others.
 */

import type { Shape } from '../tensor/tensor.ts';
import { concat, slice } from './ops/index.ts';
import { intsOf, type Node, type Value } from './value.ts';

/** An image by its rows. */
export interface Rows {
  readonly shape: Shape;
  /** Rows `start` to `end` (excluded), [B, C, end - start, W]. */
  rows(start: number, end: number): Value;
  /** In an image whose cells were doubled: rows `start` to `end` (excluded) of the small one, doubled. */
  readonly doubled?: (start: number, end: number) => Value;
}

export type Made = Value | Rows;

/** True for an image that is one value of the graph. */
export const isWhole = (value: Made): value is Value => 'graph' in value;

/** First and last row (excluded) of each band. */
export function bounds(height: number, bands: number): readonly (readonly [number, number])[] {
  const count = Math.min(bands, height);
  const edge = (band: number) => Math.round((band * height) / count);
  return Array.from({ length: count }, (_, band) => [edge(band), edge(band + 1)] as const);
}

/** Rows of an image, whole or not. */
export function rowsOf(value: Made, start: number, end: number): Value {
  if (!isWhole(value)) return value.rows(start, end);
  return start === 0 && end === value.shape[2] ? value : slice(value, 2, start, end);
}

/** An image whose bands are kept, each made by `make`. */
export function kept(shape: Shape, bands: number, make: (start: number, end: number) => Value): Rows {
  const parts = bounds(shape[2]!, bands).map(([start, end]) => ({ start, end, value: make(start, end) }));
  return {
    shape,
    rows: (from, to) =>
      concat(
        parts
          .filter(({ start, end }) => start < to && end > from)
          .map(({ start, end, value }) =>
            rowsOf(value, Math.max(from, start) - start, Math.min(to, end) - start),
          ),
        2,
      ),
  };
}

/** Output of an operator in bands; undefined where it cannot be made so. */
type Bands = (node: Node, inputs: readonly (Made | undefined)[], bands: number) => Rows | undefined;

/** Convolution of each band with the rows above and below that its kernel reaches. */
export const convolution: Bands = (node, [x, ...weights], bands) => {
  const { op, attributes, outputs } = node;
  if (intsOf(attributes, 'dilations').some((dilation) => dilation !== 1)) return undefined;
  const [strideY] = intsOf(attributes, 'strides') as [number, number];
  const [kernelHeight] = intsOf(attributes, 'kernel_shape') as [number, number];
  const [top, left, bottom, right] = intsOf(attributes, 'pads') as [number, number, number, number];
  const height = x!.shape[2]!;
  const apply = (read: Value, pads: readonly number[]) =>
    read.graph.apply(op, [read, ...(weights as Value[])], { ...attributes, pads: { ints: pads } })[0]!;
  const { shape } = outputs[0]!;
  const doubled = isWhole(x!) ? undefined : x!.doubled;
  if (doubled !== undefined && strideY === 1 && kernelHeight === 3 && top === 1 && bottom === 1) {
    return kept(shape, bands, (start, end) => {
      // Doubled and convolved at once (ops/kernel-copies.ts): a row at each end, whose neighbours are missing, is left out.
      const first = Math.max(0, Math.floor((start - 1) / 2));
      const last = Math.min(height / 2, Math.ceil((end + 1) / 2));
      const made = apply(doubled(first, last), [top, left, bottom, right]);
      return rowsOf(made, start - 2 * first, end - 2 * first);
    });
  }
  return kept(shape, bands, (start, end) => {
    const [first, last] = [start * strideY - top, (end - 1) * strideY - top + kernelHeight];
    const read = rowsOf(x!, Math.max(0, first), Math.min(height, last));
    return apply(read, [Math.max(0, -first), left, Math.max(0, last - height), right]);
  });
};

/** Nearest neighbour by 2. */
export const upsampling: Bands = ({ op, attributes, outputs }, [x, ...others]) => {
  const doubled = (start: number, end: number): Value => {
    const read = rowsOf(x!, start, end);
    return read.graph.apply(op, [read, ...(others as Value[])], attributes)[0]!;
  };
  const rows = (start: number, end: number): Value => {
    const first = Math.floor(start / 2);
    return rowsOf(doubled(first, Math.ceil(end / 2)), start - 2 * first, end - 2 * first);
  };
  return { shape: outputs[0]!.shape, rows, doubled };
};
