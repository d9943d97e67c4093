/**
 * packTensors, encodeSafetensors: safetensors files, byte for byte the same for the same content.
 *
 * Laid out as the reference implementation does: wide types first and then by name, which keeps every tensor aligned;
 * the header is padded by spaces so that the data begins at a multiple of 8.
 */

import { SAFETENSORS_ELEMENT_BYTES } from './safetensors-dtype.ts';
import { LENGTH_BYTES } from './safetensors-header.ts';
import { elementCount, type Shape } from './tensor.ts';

/** `data` is row-major; F16 are raw half bits. */
export type WritableTensor =
  | { readonly dtype: 'F32'; readonly shape: Shape; readonly data: Float32Array }
  | { readonly dtype: 'F16'; readonly shape: Shape; readonly data: Uint16Array };

/** The tensors' bytes in their final order: what a file's identity is made of, before its header is written. */
export interface PackedTensors {
  readonly entries: readonly (readonly [name: string, entry: HeaderEntry])[];
  readonly data: Uint8Array;
}

interface HeaderEntry {
  readonly dtype: WritableTensor['dtype'];
  readonly shape: Shape;
  readonly data_offsets: readonly [begin: number, end: number];
}

const HEADER_ALIGNMENT_BYTES = 8;

/** Header and data of a file, by which its parts can be written one after the other. */
export function packTensors(tensors: ReadonlyMap<string, WritableTensor>): PackedTensors {
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      SAFETENSORS_ELEMENT_BYTES[b.dtype] - SAFETENSORS_ELEMENT_BYTES[a.dtype] || byText(nameA, nameB),
  );
  const sizeBytes = ordered.reduce((sum, [, { data }]) => sum + data.byteLength, 0);
  const bytes = new Uint8Array(sizeBytes);
  const entries: [string, HeaderEntry][] = [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    if (data.length !== elementCount(shape)) {
      throw new Error(`internal: ${name} has ${data.length} values, expected [${shape}]`);
    }
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), end);
    entries.push([name, { dtype, shape, data_offsets: [end, end + data.byteLength] }]);
    end += data.byteLength;
  }
  return { entries, data: bytes };
}

/** The whole file. */
export function encodeSafetensors(
  packed: PackedTensors,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const sorted = Object.entries(metadata).sort(([a], [b]) => byText(a, b));
  const fields = sorted.length === 0 ? [] : [['__metadata__', Object.fromEntries(sorted)] as const];
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...fields, ...packed.entries])));
  const headerBytes = Math.ceil(json.byteLength / HEADER_ALIGNMENT_BYTES) * HEADER_ALIGNMENT_BYTES;
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + packed.data.byteLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  file.set(json, LENGTH_BYTES);
  file.set(packed.data, LENGTH_BYTES + headerBytes);
  return file;
}

/** By code unit: the same order on every machine, whatever its language. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
