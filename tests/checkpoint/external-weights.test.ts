import { copyFile, mkdir, readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pruneSidecars } from '../../companion/checkpoint/converted-weights.ts';
import { locateWeights } from '../../companion/checkpoint/external-weights.ts';
import { openWeightStore, requireParameters } from '../../companion/checkpoint/weight-store.ts';
import { TEMPORARY_SUFFIX } from '../../companion/storage/temporary-file.ts';
import { float32ToHalf } from '../../companion/tensor/half.ts';
import { readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import type { WritableTensor } from '../../companion/tensor/safetensors-writer.ts';
import type { WeightLocation } from '../../companion/tensor/tensor.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { safetensorsBytes } from '../tensor/safetensors-bytes.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';

const FLOATS = Float32Array.of(0.1, 0.2, 0.3);
const HALVES = Float32Array.of(1, -0.5, 65_504, 2 ** -24, 0);

async function mixedFile(folder: string): Promise<string> {
  const path = join(folder, 'mixed.safetensors');
  const half = (values: Float32Array): WritableTensor => ({
    dtype: 'F16',
    shape: [values.length],
    data: float32ToHalf(values),
  });
  await writeSafetensors(
    path,
    new Map<string, WritableTensor>([
      ['full', { dtype: 'F32', shape: [3], data: FLOATS }],
      ['half', half(HALVES)],
      ['other', half(Float32Array.of(7))],
    ]),
  );
  return path;
}

const storeOf = (path: string) => openWeightStore({ files: [path], index: undefined });

async function floatsAt({ file, offset, length }: WeightLocation): Promise<Float32Array> {
  return new Float32Array(new Uint8Array((await readFile(file)).subarray(offset, offset + length)).buffer);
}

describe('the places of weights', () => {
  it('are in the file itself for float32, and in an aligned sidecar for halves', async () => {
    const folder = await scratchFolder();
    const path = await mixedFile(folder);
    const locate = await locateWeights(await storeOf(path), join(folder, 'cache'));
    expect(locate('full').file).toBe(path);
    expect(await floatsAt(locate('full'))).toEqual(FLOATS);
    expect(await floatsAt(locate('half'))).toEqual(HALVES);
    expect(await floatsAt(locate('other'))).toEqual(Float32Array.of(7));
    expect([locate('half').offset % 64, locate('other').offset % 64]).toEqual([0, 0]);
    expect(await readdir(join(folder, 'cache'))).toHaveLength(1);
    expect(() => locate('none')).toThrow('has no tensor none');
  });

  it('are of eight-bit floats times their scales, of the tensor or of its rows', async () => {
    const folder = await scratchFolder();
    const path = join(folder, 'eight.safetensors');
    const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
      dtype,
      shape,
      data_offsets: [begin, end],
    });
    const header = {
      'a.scale_weight': entry('F32', [], 0, 4),
      'b.weight_scale': entry('F32', [2, 1], 4, 12),
      'a.weight': entry('F8_E4M3', [2, 2], 12, 16),
      'b.weight': entry('F8_E5M2', [2, 2], 16, 20),
      'c.weight': entry('F8_E4M3', [2], 20, 22),
      scaled_fp8: entry('F8_E4M3', [0], 22, 22),
    };
    const scales = new Uint8Array(Float32Array.of(0.5, 2, 3).buffer);
    // 448, 2^-9, -1.5, 0; 57344, 2^-16, -1.5, 1; -448, 1.125
    const bytes = Uint8Array.of(0x7e, 0x01, 0xbc, 0x00, 0x7b, 0x01, 0xbe, 0x3c, 0xfe, 0x39);
    await writeFile(path, safetensorsBytes(JSON.stringify(header), Buffer.concat([scales, bytes])));
    const store = await storeOf(path);
    const locate = await locateWeights(store, join(folder, 'cache'));
    const expected = {
      'a.weight': Float32Array.of(224, 2 ** -10, -0.75, 0),
      'b.weight': Float32Array.of(114_688, 2 ** -15, -4.5, 3),
      'c.weight': Float32Array.of(-448, 1.125),
    };
    for (const [name, values] of Object.entries(expected)) {
      expect(await floatsAt(locate(name))).toEqual(values);
      expect((await readFloat32(store.get(name))).data).toEqual(values);
    }
  });

  it('are refused where their scales are of blocks, and where they are no floats', async () => {
    const folder = await scratchFolder();
    const path = join(folder, 'packed.safetensors');
    const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
      dtype,
      shape,
      data_offsets: [begin, end],
    });
    const blocks = {
      'a.weight_scale_inv': entry('F32', [1, 2], 0, 8),
      'a.weight': entry('F8_E4M3', [2, 2], 8, 12),
    };
    await writeFile(path, safetensorsBytes(JSON.stringify(blocks), 12));
    await expect(storeOf(path)).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringMatching(/a\.weight_scale_inv is F32 \[1,2\]/),
    });
    await writeFile(path, safetensorsBytes(JSON.stringify({ w: entry('I8', [4], 0, 4) }), 4));
    const store = await storeOf(path);
    expect(() => requireParameters(store, 'unet', [{ name: 'w', shape: [4] }])).toThrow(
      expect.objectContaining({ code: 'checkpoint-unsupported', message: expect.stringMatching(/w is I8/) }),
    );
  });

  it('need no cache folder where all is float32', async () => {
    const folder = await scratchFolder();
    const path = join(folder, 'plain.safetensors');
    await writeSafetensors(path, new Map([['w', { dtype: 'F32', shape: [3], data: FLOATS }]]));
    const locate = await locateWeights(await storeOf(path), join(folder, 'cache'));
    expect(await floatsAt(locate('w'))).toEqual(FLOATS);
    expect(await readdir(folder)).toEqual(['plain.safetensors']);
  });

  it('are used again, and rebuilt where a sidecar was cut short or a temporary file was left', async () => {
    const folder = await scratchFolder();
    const cache = join(folder, 'cache');
    const store = await storeOf(await mixedFile(folder));
    const { file } = (await locateWeights(store, cache))('half');
    const { ino } = await stat(file);
    await locateWeights(store, cache);
    expect((await stat(file)).ino).toBe(ino);

    await truncate(file, 8);
    await writeFile(`${file}.123${TEMPORARY_SUFFIX}`, 'what a crash left');
    const locate = await locateWeights(store, cache);
    expect(await floatsAt(locate('half'))).toEqual(HALVES);
  });

  it('are never those of another file that came to the same path', async () => {
    const folder = await scratchFolder();
    const cache = join(folder, 'cache');
    const path = await mixedFile(folder);
    await copyFile(path, `${path}.old`);
    const before = (await locateWeights(await storeOf(path), cache))('half').file;
    await copyFile(`${path}.old`, path);
    await utimes(path, 1, 1);
    expect((await locateWeights(await storeOf(path), cache))('half').file).not.toBe(before);
  });

  it('say so where the cache cannot be written', async () => {
    const folder = await scratchFolder();
    const store = await storeOf(await mixedFile(folder));
    await expect(locateWeights(store, store.files[0]!)).rejects.toMatchObject({ code: 'storage' });
  });
});

describe('pruning sidecars', () => {
  const HOUR_S = 3600;
  const place = async (cache: string, name: string, hoursAgo: number) => {
    const used = Date.now() / 1000 - hoursAgo * HOUR_S;
    await writeFile(join(cache, name), new Uint8Array(100));
    await utimes(join(cache, name), used, used);
  };

  it('removes those used longest ago, and all that crashes left', async () => {
    const cache = join(await scratchFolder(), 'cache');
    await mkdir(cache);
    await place(cache, 'old.f32', 5);
    await place(cache, 'older.f32', 6);
    await place(cache, 'recent.f32', 0);
    await place(cache, `left${TEMPORARY_SUFFIX}`, 2);
    await place(cache, `writing${TEMPORARY_SUFFIX}`, 0);
    await place(cache, 'hash.sha256', 9);
    expect(await pruneSidecars(cache, 300)).toBe(200);
    expect((await readdir(cache)).sort()).toEqual([
      'hash.sha256',
      'old.f32',
      'recent.f32',
      `writing${TEMPORARY_SUFFIX}`,
    ]);
    expect(await pruneSidecars(cache, 0)).toBe(100);
    expect(await readdir(cache)).toContain('recent.f32');
  });

  it('has nothing to do where there is no cache', async () => {
    expect(await pruneSidecars(join(await scratchFolder(), 'none'), 0)).toBe(0);
  });
});
