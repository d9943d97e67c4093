import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors, readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { safetensorsBytes } from './safetensors-bytes.ts';
import { readTensor } from './tensor-files.ts';

const entry = (begin: number, end: number, shape = '[2]', dtype = 'F32') =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

async function open(bytes: Uint8Array) {
  const path = join(await scratchFolder(), 'file.safetensors');
  await writeFile(path, bytes);
  return openSafetensors(path);
}

const HOSTILE: readonly [what: string, bytes: Buffer, fault: RegExp][] = [
  ['an empty file', Buffer.alloc(0), /has 0 bytes, expected at least 8/],
  ['a file shorter than its length field', Buffer.alloc(7), /has 7 bytes, expected at least 8/],
  ['a header longer than the file', safetensorsBytes('{}', 0, 3n), /length is 3 bytes, but only 2 follow/],
  [
    'a header length of 2^64 - 1',
    safetensorsBytes('{}', 0, 2n ** 64n - 1n),
    /18446744073709551615 bytes, expected at most/,
  ],
  [
    'a header over the format limit',
    safetensorsBytes('{}', 0, 100_000_001n),
    /100000001 bytes, expected at most 100000000/,
  ],
  ['a header that is not UTF-8', safetensorsBytes(Uint8Array.of(0x7b, 0xff, 0x7d)), /not UTF-8/],
  ['a byte order mark', safetensorsBytes('\ufeff{}'), /not JSON/],
  ['a header that is not JSON', safetensorsBytes('{"a":'), /not JSON/],
  ['an empty header', safetensorsBytes(''), /not JSON/],
  ['an array for a header', safetensorsBytes('[]'), /header is an array, expected a JSON object/],
  ['null for a header', safetensorsBytes('null'), /header is null, expected a JSON object/],
  ['a tensor that is a number', safetensorsBytes('{"a":3}'), /tensor "a" has a bad entry/],
  [
    'a tensor without a shape',
    safetensorsBytes('{"a":{"dtype":"F32","data_offsets":[0,0]}}'),
    /bad entry, shape/,
  ],
  [
    'more axes than arrays have',
    safetensorsBytes(`{"a":${entry(0, 4, `[${Array(100).fill(1)}]`)}}`, 4),
    /bad entry, shape: .*64/,
  ],
  ['a negative size', safetensorsBytes(`{"a":${entry(0, 8, '[-2]')}}`, 8), /bad entry, shape\.0/],
  ['a broken size', safetensorsBytes(`{"a":${entry(0, 8, '[1.5]')}}`, 8), /bad entry, shape\.0/],
  [
    'a size beyond exact integers',
    safetensorsBytes(`{"a":${entry(0, 8, '[1e300]')}}`, 8),
    /bad entry, shape\.0/,
  ],
  [
    'a shape whose product overflows',
    safetensorsBytes(`{"a":${entry(0, 8, '[4294967296,4294967296]')}}`, 8),
    /no exact number of bytes/,
  ],
  [
    'a length that is not the shape',
    safetensorsBytes(`{"a":${entry(0, 12)}}`, 12),
    /spans 12 bytes, expected 8 for F32 \[2\]/,
  ],
  ['offsets the wrong way round', safetensorsBytes(`{"a":${entry(8, 0)}}`, 8), /spans -8 bytes, expected 8/],
  [
    'three offsets',
    safetensorsBytes('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}', 1),
    /bad entry, data_offsets/,
  ],
  [
    'overlapping tensors',
    safetensorsBytes(`{"a":${entry(0, 8)},"b":${entry(4, 12)}}`, 12),
    /"b" overlaps the tensor before it/,
  ],
  [
    'two tensors at one place',
    safetensorsBytes(`{"a":${entry(0, 8)},"b":${entry(0, 8)}}`, 8),
    /"b" overlaps/,
  ],
  [
    'a hole',
    safetensorsBytes(`{"a":${entry(0, 8)},"b":${entry(12, 20)}}`, 20),
    /"b" leaves a hole before it/,
  ],
  ['a hole at the start', safetensorsBytes(`{"a":${entry(8, 16)}}`, 16), /"a" leaves a hole/],
  ['truncated data', safetensorsBytes(`{"a":${entry(0, 8)}}`, 7), /"a" ends at byte \d+, but the file has/],
  [
    'bytes behind the last tensor',
    safetensorsBytes(`{"a":${entry(0, 8)}}`, 9),
    /1 bytes follow the last tensor/,
  ],
  ['bytes behind no tensor', safetensorsBytes('{}', 5), /5 bytes follow the last tensor/],
  ['a tensor twice', safetensorsBytes(`{"a":${entry(0, 8)},"a":${entry(0, 8)}}`, 8), /key "a" twice/],
  [
    'a tensor twice, once escaped',
    safetensorsBytes(`{"a":${entry(0, 8)},"\\u0061":${entry(0, 8)}}`, 8),
    /key "a" twice/,
  ],
  [
    'a field twice',
    safetensorsBytes('{"a":{"dtype":"U8","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    /key "dtype" twice/,
  ],
  ['metadata that is a list', safetensorsBytes('{"__metadata__":[]}'), /__metadata__ is an array, expected/],
  [
    'metadata with a number',
    safetensorsBytes('{"__metadata__":{"a":1}}'),
    /__metadata__ "a" is a number, expected a string/,
  ],
  ['a name over many lines', safetensorsBytes(`{"a\\nb":${entry(0, 12)}}`, 12), /tensor "a\\nb" spans/],
];

it.each(['F33', 'toString', 'F8_E4M3FNUZ'])(
  'a type that is not known is refused as that, and not as damage: %s',
  async (dtype) => {
    const path = join(await scratchFolder(), 'unknown.safetensors');
    await writeFile(path, safetensorsBytes(`{"a":${entry(0, 8, '[2]', dtype)}}`, 8));
    await expect(openSafetensors(path)).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringContaining(`dtype "${dtype}", expected one of BOOL`),
      advice: expect.not.stringContaining('again'),
    });
  },
);

describe('a hostile header', () => {
  it.each(HOSTILE)('is refused: %s', async (_what, bytes, fault) => {
    const refusal = await open(bytes).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'checkpoint-format', message: expect.stringMatching(fault) });
    expect((refusal as Error).message).not.toContain('\n');
  });

  it.each([
    [
      'a pointer of Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n',
      'git lfs pull',
    ],
    ['a web page', '<!DOCTYPE html><html><body>Sign in</body></html>', 'Download'],
    ['a ZIP archive', 'PK\u0003\u0004\u0000\u0000\u0008\u0008archive/data.pkl', 'convert'],
    ['a Python pickle', '\u0080\u0002}q\u0000X\n\u0000\u0000\u0000state_dict', 'convert'],
    ['a GGUF file', 'GGUF\u0003\u0000\u0000\u0000', 'quantised'],
    ['a JSON text', '{"error":"Repository not found"}', 'Download|download'],
  ])('is refused as what it is: %s', async (kind, text, advice) => {
    await expect(open(Buffer.from(text, 'latin1'))).rejects.toMatchObject({
      code: 'checkpoint-format',
      message: expect.stringContaining(kind),
      advice: expect.stringMatching(advice),
    });
  });

  it('may have fields that are not known, as the reference implementation passes them over', async () => {
    const header = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}';
    expect((await open(safetensorsBytes(header, 8))).tensors.get('a')).toMatchObject({ length: 8 });
  });

  it('may say null in place of metadata, as the reference implementation reads it', async () => {
    const header = `{"__metadata__":null,"a":${entry(0, 8)}}`;
    expect((await open(safetensorsBytes(header, 8))).metadata).toEqual({});
  });

  it('is refused within a moment where it is large', async () => {
    const long = `{"__metadata__":{"a":"${'\\"'.repeat(2_000_000)}","a":""}}`;
    await expect(open(safetensorsBytes(long))).rejects.toThrow('key "a" twice');
  });
});

describe('a sound file', () => {
  it('may pad its header, hold empty tensors, scalars and odd names', async () => {
    const header = `{"__proto__":${entry(0, 4, '[]')},"none":${entry(4, 4, '[0,3]')},"constructor":${entry(4, 12)}}   `;
    const { tensors, metadata } = await open(
      safetensorsBytes(header, Buffer.from(Float32Array.of(5, 6, 7).buffer)),
    );
    expect(metadata).toEqual({});
    expect([...tensors.keys()]).toEqual(['__proto__', 'none', 'constructor']);
    expect(await readFloat32(tensors.get('constructor')!)).toEqual({
      dtype: 'float32',
      shape: [2],
      data: Float32Array.of(6, 7),
    });
    expect((await readTensor(tensors.get('none')!)).data).toEqual(new Float32Array(0));
  });

  it('reads each type that sessions are fed', async () => {
    const header = JSON.stringify({
      long: { dtype: 'I64', shape: [1], data_offsets: [0, 8] },
      double: { dtype: 'F64', shape: [1], data_offsets: [8, 16] },
      int: { dtype: 'I32', shape: [1], data_offsets: [16, 20] },
      half: { dtype: 'F16', shape: [1], data_offsets: [20, 22] },
      brain: { dtype: 'BF16', shape: [1], data_offsets: [22, 24] },
      byte: { dtype: 'U8', shape: [1], data_offsets: [24, 25] },
      truth: { dtype: 'BOOL', shape: [1], data_offsets: [25, 26] },
    });
    const data = Buffer.alloc(26);
    data.writeBigInt64LE(-5n, 0);
    data.writeDoubleLE(0.5, 8);
    data.writeInt32LE(-7, 16);
    data.writeUInt16LE(0x3c00, 20);
    data.writeUInt16LE(0xc040, 22);
    data.set([200, 1], 24);
    const { tensors } = await open(safetensorsBytes(header, data));
    const read = async (name: string) => [...(await readTensor(tensors.get(name)!)).data];
    const readAsFloat = async (name: string) => [...(await readFloat32(tensors.get(name)!)).data];
    expect(await read('long')).toEqual([-5n]);
    expect(await read('int')).toEqual([-7]);
    expect(await read('half')).toEqual([0x3c00]);
    expect(await read('byte')).toEqual([200]);
    expect(await read('truth')).toEqual([1]);
    expect(await readAsFloat('half')).toEqual([1]);
    expect(await readAsFloat('brain')).toEqual([-3]);
    expect(await readAsFloat('double')).toEqual([0.5]);
    await expect(readAsFloat('long')).rejects.toMatchObject({ code: 'checkpoint-unsupported' });
  });

  it('is refused when it was cut short after it was opened', async () => {
    const file = await open(safetensorsBytes(`{"a":${entry(0, 8)}}`, 8));
    await truncate(file.path, file.sizeBytes - 1);
    await expect(readTensor(file.tensors.get('a')!)).rejects.toMatchObject({ code: 'checkpoint-format' });
  });

  it('is missed by name where it is not there, and a folder is no file', async () => {
    const folder = await scratchFolder();
    await expect(openSafetensors(join(folder, 'no'))).rejects.toMatchObject({ code: 'checkpoint-missing' });
    await expect(openSafetensors(folder)).rejects.toMatchObject({ code: 'checkpoint-format' });
  });
});
