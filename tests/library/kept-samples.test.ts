import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodePicture } from '../../companion/images/decode.ts';
import { encodeSample } from '../../companion/images/encode.ts';
import { picture } from '../../companion/images/picture.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { smallConcept } from './small-concept.ts';

const side = 600;
const drawn = picture(side, side, 3, new Uint8Array(side * side * 3).fill(120));

it('a version keeps a picture of what was learned, small, under every name that it gets', async () => {
  const folder = await scratchFolder();
  const library = new FileLibrary(folder);
  const first = await library.add(smallConcept('aurora', 1), { sample: await encodeSample(drawn) });
  const second = await library.add(smallConcept('aurora', 2));
  expect(await library.samples.hashes()).toEqual(new Set([first.weightHash]));
  expect(await decodePicture((await library.samples.get(first))!)).toMatchObject({ width: 512, height: 512 });
  expect(await library.samples.get(second)).toBeUndefined();
  await library.edit(first.id, { name: 'borealis' });
  const { versions } = await library.get(first.id);
  expect(await library.samples.get(versions.at(-1)!)).toBeDefined();
  // People look into the folder: it shows concepts alone.
  expect(readdirSync(folder).filter((name) => !name.startsWith('.'))).toEqual([
    'borealis.safetensors',
    'borealis.v2.safetensors',
  ]);
});

it('it comes back with a concept that was removed, and goes when that is gone for good', async () => {
  const folder = await scratchFolder();
  const library = new FileLibrary(folder);
  const sample = await encodeSample(drawn);
  const { id } = await library.add(smallConcept('aurora', 1), { sample });
  await library.add(smallConcept('summit', 2), { sample });
  await library.remove(id);
  await library.purge(30);
  const { current } = await library.restore(id);
  expect(await library.samples.get(current)).toEqual(Buffer.from(sample));
  await library.remove(id);
  await library.purge(0);
  expect(existsSync(join(folder, '.samples'))).toBe(true);
  expect((await library.samples.hashes()).size).toBe(1);
});
