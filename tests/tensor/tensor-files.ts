/** Safetensors files of a test: written with given tensors, and read back in their own types. */

import { writeFile } from 'node:fs/promises';
import { readRange, withFile } from '../../companion/tensor/safetensors-file.ts';
import type { TensorEntry } from '../../companion/tensor/safetensors-header.ts';
import {
  encodeSafetensors,
  packTensors,
  type WritableTensor,
} from '../../companion/tensor/safetensors-writer.ts';
import type { Tensor } from '../../companion/tensor/tensor.ts';

export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, WritableTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFile(path, encodeSafetensors(packTensors(tensors), metadata));
}

/** The tensor in its own type. */
export async function readTensor({ file, dtype, shape, offset, length }: TensorEntry): Promise<Tensor> {
  const bytes = await withFile(file, (handle) => readRange(handle, file, offset, length));
  switch (dtype) {
    case 'F32':
      return { dtype: 'float32', shape, data: new Float32Array(bytes.buffer) };
    case 'F16':
      return { dtype: 'float16', shape, data: new Uint16Array(bytes.buffer) };
    case 'I64':
      return { dtype: 'int64', shape, data: new BigInt64Array(bytes.buffer) };
    case 'I32':
      return { dtype: 'int32', shape, data: new Int32Array(bytes.buffer) };
    case 'U8':
      return { dtype: 'uint8', shape, data: bytes };
    case 'BOOL':
      return { dtype: 'bool', shape, data: bytes };
    default:
      throw new Error(`${file}: no test reads ${dtype}`);
  }
}

/** A tensor of any type, by its bytes. */
export interface RawTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Types that packTensors does not write, in the order given. */
export async function writeRawSafetensors(
  path: string,
  tensors: Readonly<Record<string, RawTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.byteLength] };
    end += bytes.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.byteLength));
  await writeFile(path, Buffer.concat([length, json, ...Object.values(tensors).map(({ bytes }) => bytes)]));
}
