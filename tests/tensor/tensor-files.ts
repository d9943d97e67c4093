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
