/**
 * SafetensorsHeader: 8 bytes of length (u64, little-endian), then JSON, then the tensors' bytes.
 * https://huggingface.co/docs/safetensors: tensors lie in the data without overlap or hole, and fill it.
 *
 * A file comes from the internet: nothing of it is used before the whole header has been checked. A key that stands
 * twice is refused too, since JSON.parse keeps the last one in silence.
 */

import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import { isSafetensorsDType, SAFETENSORS_ELEMENT_BYTES, type SafetensorsDType } from './safetensors-dtype.ts';
import { elementCount, type Shape } from './tensor.ts';

/** The format's own limit. It keeps a false length from claiming the memory. */
const HEADER_MAX_BYTES = 100_000_000;

/** The header's length comes first. */
export const LENGTH_BYTES = 8;

/** One array in a file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: Shape;
  /** True where the bytes are those of the transpose: rows and columns of `shape` [m, n] are swapped. */
  readonly isTransposed?: boolean;
  /** Factor of the values, [1] or one a row of the bytes (weight-scale.ts); absent: 1. */
  readonly scale?: TensorEntry;
  /** Absolute, with symlinks resolved: onnxruntime refuses links that leave a folder. */
  readonly file: string;
  /** From the start of the file, in bytes. */
  readonly offset: number;
  /** In bytes; always the product of `shape` times the element's size. */
  readonly length: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the data. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/** numpy's limit. Models have five at most, and messages quote shapes. */
const AXES_MAX = 64;

const METADATA_KEY = '__metadata__';

/** z.int() holds numbers to the safe integers, so sums of two of them are exact. */
const size = z.int().nonnegative();
/** Fields that it does not know are passed over by the reference implementation. */
const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(size).max(AXES_MAX),
  data_offsets: z.tuple([size, size]),
});

/** The header's length in bytes, at most `mostBytes`, from the first eight of a file that has `sizeBytes`. */
export function headerLength(
  prefix: Uint8Array,
  file: string,
  sizeBytes: number,
  mostBytes = HEADER_MAX_BYTES,
): number {
  if (prefix.byteLength < LENGTH_BYTES) {
    throw refusal(file, `it has ${sizeBytes} bytes, expected at least 8 for the header's length`);
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > BigInt(mostBytes)) {
    throw refusal(file, `the header's length is ${length} bytes, expected at most ${mostBytes}`);
  }
  if (Number(length) > sizeBytes - LENGTH_BYTES) {
    throw refusal(
      file,
      `the header's length is ${length} bytes, but only ${sizeBytes - LENGTH_BYTES} follow`,
    );
  }
  return Number(length);
}

/** Checks the whole header against the file's size. @throws LikenessError `checkpoint-format` with the first fault */
export function parseHeader(bytes: Uint8Array, file: string, sizeBytes: number): SafetensorsHeader {
  const fields = parseObject(bytes, file);
  const dataStart = LENGTH_BYTES + bytes.byteLength;
  const entries: TensorEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    // Some writers say null where they have none, and the reference implementation reads it so.
    if (name === METADATA_KEY) metadata = value === null ? {} : parseMetadata(value, file);
    else entries.push(parseTensor(name, value, file, dataStart));
  }
  entries.sort((a, b) => a.offset - b.offset || a.length - b.length);
  requireContiguous(entries, file, dataStart, sizeBytes);
  return { metadata, tensors: new Map(entries.map((entry) => [entry.name, entry])) };
}

function parseObject(bytes: Uint8Array, file: string): object {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refusal(file, 'the header is not UTF-8', cause);
  }
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refusal(file, 'the header is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal(file, `the header is ${kindOf(value)}, expected a JSON object`);
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) {
    throw refusal(file, `the header has the key ${quoted(duplicate)} twice, expected once`);
  }
  return value;
}

/** The first key that one object of `json` has twice. `json` must be well-formed: parse it before. */
function findDuplicateKey(json: string): string | undefined {
  /** One entry per open bracket: an object's keys so far, or undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  const token = /[{}[\]"]/g;
  for (let match = token.exec(json); match !== null; match = token.exec(json)) {
    const character = match[0];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character !== '"') open.pop();
    else {
      const end = endOfString(json, match.index);
      token.lastIndex = end;
      if (!isFollowedByColon(json, end)) continue;
      const key = JSON.parse(json.slice(match.index, end)) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

/** Just behind the closing quote. One regular expression for strings would overflow its stack on a long one. */
function endOfString(json: string, start: number): number {
  let quote = json.indexOf('"', start + 1);
  while (isEscaped(json, quote)) quote = json.indexOf('"', quote + 1);
  return quote + 1;
}

function isEscaped(json: string, index: number): boolean {
  let backslashes = 0;
  while (json[index - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

function isFollowedByColon(json: string, index: number): boolean {
  const following = /\s*/y;
  following.lastIndex = index;
  following.exec(json);
  return json[following.lastIndex] === ':';
}

function parseMetadata(value: unknown, file: string): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal(file, `${METADATA_KEY} is ${kindOf(value)}, expected an object of strings`);
  }
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw refusal(file, `${METADATA_KEY} ${quoted(key)} is ${kindOf(text)}, expected a string`);
    }
  }
  return value as Record<string, string>;
}

function parseTensor(name: string, value: unknown, file: string, dataStart: number): TensorEntry {
  const subject = `tensor ${quoted(name)}`;
  const parsed = tensorSchema.safeParse(value);
  if (!parsed.success) {
    throw refusal(file, `${subject} has a bad entry, ${issueText(parsed.error)}`);
  }
  const { dtype, shape, data_offsets } = parsed.data;
  const [begin, end] = data_offsets;
  if (!isSafetensorsDType(dtype)) {
    // The format has grown such types, for weights that are packed more tightly: the file may well be sound.
    const known = Object.keys(SAFETENSORS_ELEMENT_BYTES).join(', ');
    throw new LikenessError(
      'checkpoint-unsupported',
      `${file}: ${subject} has dtype ${quoted(dtype)}, expected one of ${known}`,
      { advice: "Use the model's weights in fp16 or fp32: this program does not know that type." },
    );
  }
  const expectedBytes = elementCount(shape) * SAFETENSORS_ELEMENT_BYTES[dtype];
  if (!Number.isSafeInteger(expectedBytes)) {
    throw refusal(file, `${subject} has shape [${shape}], whose size is no exact number of bytes`);
  }
  if (end - begin !== expectedBytes) {
    throw refusal(
      file,
      `${subject} spans ${end - begin} bytes, expected ${expectedBytes} for ${dtype} [${shape}]`,
    );
  }
  return { name, dtype, shape, file, offset: dataStart + begin, length: expectedBytes };
}

function requireContiguous(
  entries: readonly TensorEntry[],
  file: string,
  dataStart: number,
  sizeBytes: number,
): void {
  let end = dataStart;
  for (const { name, offset, length } of entries) {
    if (offset !== end) {
      const fault = offset < end ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw refusal(file, `tensor ${quoted(name)} ${fault}: it begins at byte ${offset}, expected ${end}`);
    }
    end += length;
    if (end > sizeBytes) {
      throw refusal(file, `tensor ${quoted(name)} ends at byte ${end}, but the file has ${sizeBytes}`);
    }
  }
  if (end !== sizeBytes) {
    throw refusal(file, `${sizeBytes - end} bytes follow the last tensor, expected none`);
  }
}

function refusal(file: string, fault: string, cause?: unknown): LikenessError {
  return new LikenessError('checkpoint-format', `${file} is not a sound safetensors file: ${fault}`, {
    advice: 'Fetch the file again: it is damaged, cut short, or of another format.',
    cause,
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

/** Names come from the file: kept on one line and short, whatever is in them. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 117)}...` : name);
}
