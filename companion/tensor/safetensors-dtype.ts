/** Element types of the safetensors format, and their float32 values on the host. */

import { bfloat16ToFloat32, e4m3ToFloat32, e5m2ToFloat32, halfToFloat32 } from './half.ts';

/** Bytes per element. The format's sub-byte types (F4, F6_*) are left out: no diffusion checkpoint has them. */
export const SAFETENSORS_ELEMENT_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
  C64: 8,
} as const;

export type SafetensorsDType = keyof typeof SAFETENSORS_ELEMENT_BYTES;

/** The types that model weights come in; all of them are read as float32. */
const FLOATS = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'] as const;

export type FloatDType = (typeof FLOATS)[number];

/** For messages. */
export const FLOAT_NAMES = 'F64, F32, F16, BF16, F8_E4M3 or F8_E5M2';

export function isSafetensorsDType(name: string): name is SafetensorsDType {
  return Object.hasOwn(SAFETENSORS_ELEMENT_BYTES, name);
}

export function isFloatDType(dtype: SafetensorsDType): dtype is FloatDType {
  return (FLOATS as readonly string[]).includes(dtype);
}

/**
 * Float32 values of little-endian bytes; F64 is rounded to nearest.
 * `bytes` must start at a multiple of the element size in its buffer. F32 is a view, without a copy.
 * Every machine that onnxruntime runs on is little-endian, so no byte is swapped here.
 */
export function decodeFloat32(dtype: FloatDType, bytes: Uint8Array): Float32Array {
  const count = bytes.byteLength / SAFETENSORS_ELEMENT_BYTES[dtype];
  const { buffer, byteOffset } = bytes;
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, count);
    case 'F16':
      return halfToFloat32(new Uint16Array(buffer, byteOffset, count));
    case 'BF16':
      return bfloat16ToFloat32(new Uint16Array(buffer, byteOffset, count));
    case 'F8_E4M3':
      return e4m3ToFloat32(bytes);
    case 'F8_E5M2':
      return e5m2ToFloat32(bytes);
    case 'F64':
      return new Float32Array(new Float64Array(buffer, byteOffset, count));
  }
}
