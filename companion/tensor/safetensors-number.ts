/** readNumber: the one number that a tensor holds, of any type that holds numbers. Trainers write alpha as they please. */

import { LikenessError } from '../../shared/errors.ts';
import { decodeFloat32, isFloatDType, type SafetensorsDType } from './safetensors-dtype.ts';
import { readBytes } from './safetensors-file.ts';
import type { TensorEntry } from './safetensors-header.ts';
import { elementCount } from './tensor.ts';

const INTEGERS: Partial<Record<SafetensorsDType, (view: DataView) => number>> = {
  U8: (view) => view.getUint8(0),
  I8: (view) => view.getInt8(0),
  U16: (view) => view.getUint16(0, true),
  I16: (view) => view.getInt16(0, true),
  U32: (view) => view.getUint32(0, true),
  I32: (view) => view.getInt32(0, true),
  U64: (view) => Number(view.getBigUint64(0, true)),
  I64: (view) => Number(view.getBigInt64(0, true)),
};

/** @throws LikenessError `checkpoint-unsupported` for a type without numbers, or for none or several of them */
export async function readNumber(entry: TensorEntry): Promise<number> {
  const { name, dtype, shape, file } = entry;
  if (elementCount(shape) !== 1) {
    throw new LikenessError(
      'checkpoint-unsupported',
      `${file}: tensor ${name} has shape [${shape}], expected one number`,
    );
  }
  const bytes = await readBytes(entry);
  if (dtype === 'F64') return new Float64Array(bytes.buffer)[0]!;
  if (isFloatDType(dtype)) return decodeFloat32(dtype, bytes)[0]!;
  const read = INTEGERS[dtype];
  if (read !== undefined) return read(new DataView(bytes.buffer));
  throw new LikenessError('checkpoint-unsupported', `${file}: tensor ${name} is ${dtype}, expected a number`);
}
