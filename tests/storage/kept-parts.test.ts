import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KeptParts } from '../../companion/storage/kept-parts.ts';
import { scratchFolder } from './scratch-folder.ts';

const PART = Float32Array.from({ length: 16 }, (_, index) => index / 3);

it('gives a part back as it was, and none whose bytes changed on the disk', async () => {
  const folder = await scratchFolder();
  const parts = await KeptParts.open(folder, ['facts']);
  await parts.write(0, PART);
  expect(await parts.read(0, PART.length)).toEqual(PART);
  expect(await parts.read(0, PART.length + 1)).toBeUndefined();
  expect(await parts.read(1, PART.length)).toBeUndefined();
  const other = await KeptParts.open(folder, ['other facts']);
  expect(await other.read(0, PART.length)).toBeUndefined();

  const file = join(folder, (await readdir(folder))[0]!);
  const whole = await readFile(file);
  const zeroed = Buffer.from(whole).fill(0, whole.length - 20);
  for (const bytes of [zeroed, Buffer.alloc(whole.length), Buffer.concat([whole, whole])]) {
    await writeFile(file, bytes);
    expect(await parts.read(0, PART.length)).toBeUndefined();
  }
  await writeFile(file, whole);
  expect(await parts.read(0, PART.length)).toEqual(PART);
  await truncate(file, whole.length - 1);
  expect(await parts.read(0, PART.length)).toBeUndefined();
});
