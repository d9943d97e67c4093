import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSafetensors } from '../../companion/tensor/safetensors-file.ts';
import type { WritableTensor } from '../../companion/tensor/safetensors-writer.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { readTensor, writeSafetensors } from './tensor-files.ts';

const HALVES: WritableTensor = { dtype: 'F16', shape: [3], data: Uint16Array.of(1, 2, 3) };
const FLOATS: WritableTensor = { dtype: 'F32', shape: [1, 2], data: Float32Array.of(0.5, -0) };

it('writes the same bytes in whatever order the content is given', async () => {
  const folder = await scratchFolder();
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  await writeSafetensors(
    a,
    new Map<string, WritableTensor>([
      ['x', HALVES],
      ['z', FLOATS],
      ['y', FLOATS],
    ]),
    { p: '1', q: '2' },
  );
  await writeSafetensors(
    b,
    new Map<string, WritableTensor>([
      ['y', FLOATS],
      ['z', FLOATS],
      ['x', HALVES],
    ]),
    { q: '2', p: '1' },
  );
  expect(await readFile(a)).toEqual(await readFile(b));
});

it('aligns data as the reference implementation does: 8 bytes of header multiples, wide types first', async () => {
  const path = join(await scratchFolder(), 'file');
  await writeSafetensors(
    path,
    new Map<string, WritableTensor>([
      ['a', HALVES],
      ['b', FLOATS],
      ['c', FLOATS],
    ]),
    { note: 'ü' },
  );
  const { tensors, dataOffset, metadata } = await openSafetensors(path);
  expect(dataOffset % 8).toBe(0);
  expect([...tensors.keys()]).toEqual(['b', 'c', 'a']);
  expect(metadata).toEqual({ note: 'ü' });
  expect(await readTensor(tensors.get('a')!)).toEqual({ dtype: 'float16', shape: [3], data: HALVES.data });
  expect(await readTensor(tensors.get('c')!)).toEqual({ dtype: 'float32', shape: [1, 2], data: FLOATS.data });
});

it('calls values that do not fill their shape a bug', async () => {
  const path = join(await scratchFolder(), 'file');
  const wrong: WritableTensor = { ...FLOATS, shape: [3] };
  await expect(writeSafetensors(path, new Map<string, WritableTensor>([['a', wrong]]))).rejects.toThrow(
    'internal: a has 2 values',
  );
});
