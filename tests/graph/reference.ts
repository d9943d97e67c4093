/** Operators in plain TypeScript, written for being obviously right: what the conformance table compares with. */
import { elementCount, float32, type Shape, type Tensor } from '../../companion/tensor/tensor.ts';

export type Array32 = Tensor<'float32'>;
type Index = readonly number[];

/** Builds an array from a function of the index. */
export function from(shape: Shape, element: (index: number[]) => number): Array32 {
  const data = new Float32Array(elementCount(shape));
  for (let place = 0; place < data.length; place++) data[place] = element(indexAt(shape, place));
  return float32(data, shape);
}

function indexAt(shape: Shape, place: number): number[] {
  const index = shape.map(() => 0);
  let rest = place;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}

/** The element at an index, aligned at the end, where axes of size 1 stretch. */
export function at({ shape, data }: Tensor, index: Index): number {
  let place = 0;
  for (const [axis, size] of shape.entries()) {
    place = place * size + (size === 1 ? 0 : index[index.length - shape.length + axis]!);
  }
  return Number(data[place]);
}

function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => Math.max(a.at(axis - rank) ?? 1, b.at(axis - rank) ?? 1));
}

export const map = (x: Tensor, f: (v: number) => number): Array32 => from(x.shape, (i) => f(at(x, i)));

export function zip(a: Tensor, b: Tensor, f: (a: number, b: number) => number): Array32 {
  return from(broadcastShape(a.shape, b.shape), (i) => f(at(a, i), at(b, i)));
}

export function sum(count: number, term: (k: number) => number): number {
  let total = 0;
  for (let k = 0; k < count; k++) total += term(k);
  return total;
}

export const permuted = (x: Tensor, perm: readonly number[]): Array32 =>
  from(
    perm.map((axis) => x.shape[axis]!),
    (i) =>
      at(
        x,
        x.shape.map((_, axis) => i[perm.indexOf(axis)]!),
      ),
  );

export function matmul(a: Tensor, b: Tensor): Array32 {
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return from([...batch, a.shape.at(-2)!, b.shape.at(-1)!], (i) => {
    const [row, column] = i.slice(-2) as [number, number];
    const lead = i.slice(0, -2);
    return sum(a.shape.at(-1)!, (k) => at(a, [...lead, row, k]) * at(b, [...lead, k, column]));
  });
}

export interface ConvSettings {
  readonly stride?: number;
  /** Top, left, bottom, right. */
  readonly padding?: readonly [number, number, number, number];
  readonly groups?: number;
  readonly dilation?: number;
}

export function conv2d(x: Tensor, w: Tensor, bias?: Tensor, settings: ConvSettings = {}): Array32 {
  const { stride = 1, padding = [0, 0, 0, 0], groups = 1, dilation = 1 } = settings;
  const [batch, , height, width] = x.shape as [number, number, number, number];
  const [out, perGroup, kernelHeight, kernelWidth] = w.shape as [number, number, number, number];
  const [top, left, bottom, right] = padding;
  const rows = Math.floor((height + top + bottom - dilation * (kernelHeight - 1) - 1) / stride) + 1;
  const columns = Math.floor((width + left + right - dilation * (kernelWidth - 1) - 1) / stride) + 1;
  return from([batch, out, rows, columns], ([b, o, y, x0]) => {
    const firstChannel = Math.floor(o! / (out / groups)) * perGroup;
    return (
      (bias === undefined ? 0 : at(bias, [o!])) +
      sum(perGroup, (c) =>
        sum(kernelHeight, (i) =>
          sum(kernelWidth, (j) => {
            const row = y! * stride + i * dilation - top;
            const column = x0! * stride + j * dilation - left;
            const inside = row >= 0 && row < height && column >= 0 && column < width;
            return inside ? at(x, [b!, firstChannel + c, row, column]) * at(w, [o!, c, i, j]) : 0;
          }),
        ),
      )
    );
  });
}

/** Over the last axis. */
export function softmax(x: Tensor): Array32 {
  const width = x.shape.at(-1)!;
  return from(x.shape, (i) => {
    const row = i.slice(0, -1);
    return Math.exp(at(x, i)) / sum(width, (k) => Math.exp(at(x, [...row, k])));
  });
}

/** Over the last axis, without scale and bias. */
export function standardized(x: Tensor, eps: number): Array32 {
  const width = x.shape.at(-1)!;
  return from(x.shape, (i) => {
    const row = i.slice(0, -1);
    const mean = sum(width, (k) => at(x, [...row, k])) / width;
    const variance = sum(width, (k) => (at(x, [...row, k]) - mean) ** 2) / width;
    return (at(x, i) - mean) / Math.sqrt(variance + eps);
  });
}

export const reshaped = (x: Array32, shape: Shape): Array32 => float32(x.data, shape);

export function erf(x: number): number {
  // The Taylor series; enough terms for |x| < 4 in double precision.
  let term = x;
  let total = x;
  for (let n = 1; n < 80; n++) {
    term *= -(x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}
