/** Tensor: an array on the host, as it is read from files, fed to sessions and got back from them. */

export type DType = 'float32' | 'float16' | 'int64' | 'int32' | 'uint8' | 'bool';

export type Shape = readonly number[];

interface TensorData {
  readonly float32: Float32Array;
  /** Raw IEEE 754 half bits; Node 20 has no Float16Array. */
  readonly float16: Uint16Array;
  readonly int64: BigInt64Array;
  readonly int32: Int32Array;
  readonly uint8: Uint8Array;
  readonly bool: Uint8Array;
}

/** A dense row-major array. `data.length` is the product of `shape`; a scalar has shape []. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: TensorData[D];
}

export const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = {
  float32: 4,
  float16: 2,
  int64: 8,
  int32: 4,
  uint8: 1,
  bool: 1,
};

/** 1 for a scalar, []. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A float32 tensor over `data`, without a copy of a Float32Array. Throws when the length does not fit the shape. */
export function float32(data: Float32Array | readonly number[], shape: Shape): Tensor<'float32'> {
  requireFull(data.length, shape);
  return { dtype: 'float32', shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** A copy of whole numbers, by default as a vector. Throws when their count does not fit the shape. */
export function int64(values: readonly number[], shape: Shape = [values.length]): Tensor<'int64'> {
  requireFull(values.length, shape);
  return { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) };
}

function requireFull(length: number, shape: Shape): void {
  if (length !== elementCount(shape)) {
    throw new Error(`internal: ${length} values do not fill shape [${shape}]`);
  }
}

/** The place of one weight's bytes on disk: dense row-major, little-endian, any alignment. */
export interface WeightLocation {
  /** Absolute path. */
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes: the number of elements times their size. */
  readonly length: number;
}
