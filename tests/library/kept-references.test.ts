import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { picture } from '../../companion/images/picture.ts';
import { readReference } from '../../companion/images/references/reference-image.ts';
import type { KeptPicture } from '../../companion/library/concept-library.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { versionWithReferences } from '../../companion/library/teach-again.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { smallConcept } from './small-concept.ts';

/** @param side 1500 is larger than the working copy of a model for pictures of 512 pixels */
const shot = (name: string, side = 48): KeptPicture => {
  const data = Uint8Array.from({ length: side * side * 3 }, (_, index) => (index * 37) % 251);
  return async () => ({ name, pixels: picture(side, side, 3, data), findings: [] });
};

const sets = (folder: string) => {
  const kept = join(folder, '.references');
  return existsSync(kept) ? readdirSync(kept) : [];
};

describe('pictures that a concept keeps', () => {
  it('are of working size, under their own names without folders, and of one teaching', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    const references = [shot('/home/kim/secret/front.png', 1500), shot('side.png')];
    const first = await library.add(smallConcept('aurora', 1), { references });
    const paths = await library.materializeReferences(first);
    const kept = await Promise.all(paths.map(readReference));
    expect(kept.map(({ name, pixels: { width } }) => [name, width])).toEqual([
      ['front.png', 1024],
      ['side.png', 48],
    ]);
    const second = await library.add(smallConcept('aurora', 2));
    expect(await versionWithReferences(first.id, library)).toMatchObject({ version: 1 });
    const third = await library.add(smallConcept('aurora', 3), { references: [shot('back.png')] });
    expect(sets(folder)).toEqual([third.weightHash]);
    expect(await library.materializeReferences(second)).toEqual([]);
    // Another name and another number are the same weights.
    await library.edit(first.id, { name: 'borealis' });
    expect(await versionWithReferences(first.id, library)).toMatchObject({ version: 3, name: 'borealis' });
  });

  it('go to the trash with it, come back with it, and are gone once they are forgotten, wherever they lie', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    const { id } = await library.add(smallConcept('aurora', 1), { references: [shot('front.png')] });
    await library.remove(id);
    expect(sets(folder)).toEqual([]);
    await library.restore(id);
    expect((await library.references()).size).toBe(1);
    await library.forgetReferences(id);
    expect(sets(folder)).toEqual([]);
    expect(await versionWithReferences(id, library)).toBeUndefined();

    await library.add(smallConcept('aurora', 1), { references: [shot('front.png')] });
    await library.remove(id);
    await library.purge(0);
    expect(existsSync(join(folder, '.trash')) && readdirSync(join(folder, '.trash'))).not.toContain(id);
    await expect(library.restore(id)).rejects.toMatchObject({ code: 'concept-unknown' });
    expect((await library.references()).size).toBe(0);
  });

  it('stay with another concept of the same weights', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    const { id } = await library.add(smallConcept('aurora', 1), { references: [shot('front.png')] });
    await library.add(smallConcept('borealis', 1));
    await library.remove(id);
    const [left] = (await library.list()).concepts;
    expect(await versionWithReferences(left!.id, library)).toMatchObject({ name: 'borealis' });
  });

  it('are cleared away with a version that somebody took out of the folder', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    const { key } = await library.add(smallConcept('aurora', 1), { references: [shot('front.png')] });
    await library.add(smallConcept('summit', 2), { references: [shot('front.png')] });
    await rm(join(folder, key));
    await library.purge(30);
    expect(sets(folder)).toHaveLength(1);
  });
});
