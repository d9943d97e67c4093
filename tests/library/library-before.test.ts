/** A folder as the version before wrote it: tests/fixtures/library-before, made once by that version's own library. */

import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { smallConcept } from './small-concept.ts';

const BEFORE = fileURLToPath(new URL('../fixtures/library-before', import.meta.url));
const REMOVED = '.trash/9a4518616924053d-1777975200000';

async function folderBefore(): Promise<string> {
  const folder = join(await scratchFolder(), 'concepts');
  await cp(BEFORE, folder, { recursive: true });
  return folder;
}

describe('a library of the version before', () => {
  it('is listed whole', async () => {
    const { concepts, damaged } = await new FileLibrary(await folderBefore()).list();
    expect(
      concepts.map(({ name, versions }) => [name, versions.map(({ key, version }) => `${version} ${key}`)]),
    ).toEqual([
      ['aurora', ['2 aurora.v2.safetensors', '1 aurora.safetensors']],
      ['becher', ['2 becher.v2.safetensors', '1 becher.safetensors']],
      ['watch', ['1 watch.safetensors']],
    ]);
    expect(damaged.map(({ file, code }) => [file, code])).toEqual([['cut.safetensors', 'concept-format']]);
    const [aurora] = concepts;
    expect(aurora!.current.rights).toEqual({ owner: 'Acme', expires: '2999-12-31' });
    expect(aurora!.versions[1]).toMatchObject({
      hasTokenEmbedding: true,
      thumbnail: { mediaType: 'image/jpeg' },
    });
  });

  it('is changed, under a lock that a crash of that version left', async () => {
    const folder = await folderBefore();
    const library = new FileLibrary(folder);
    const aurora = (await library.list('aurora')).concepts[0]!;
    const added = await library.add(smallConcept('aurora', 7));
    expect(added).toMatchObject({ id: aurora.id, key: 'aurora.v3.safetensors', version: 3 });
    expect(added.rights).toEqual(aurora.current.rights);
    expect((await library.edit(aurora.id, { name: 'borealis' })).versions).toHaveLength(3);
    expect((await readdir(folder)).filter((name) => name.includes('-by-'))).toEqual([]);
  });

  it('restores what that version removed, and purges it', async () => {
    const library = new FileLibrary(await folderBefore());
    const [removed] = await library.removed();
    expect(removed).toMatchObject({ name: 'cup', versions: 2, removedAt: new Date('2026-05-05T10:00:00Z') });
    const { id, versions } = await library.restore(removed!.id);
    expect(versions.map(({ key }) => key)).toEqual(['cup.v2.safetensors', 'cup.safetensors']);
    await library.remove(id);
    expect(await library.purge(0)).toBe(versions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    expect(await library.removed()).toEqual([]);
  });

  it('is written byte for byte as that version did', async () => {
    const [folder, fresh] = [await folderBefore(), await scratchFolder()];
    const library = new FileLibrary(fresh);
    for (const weight of [5, 6]) await library.add(smallConcept('cup', weight));
    for (const name of ['cup.safetensors', 'cup.v2.safetensors']) {
      expect(await readFile(join(fresh, name))).toEqual(await readFile(join(folder, REMOVED, name)));
    }
    const mug = await library.add(smallConcept('mug', 3, { classWord: 'Café mug' }));
    await library.add(smallConcept('mug', 4, { classWord: 'Café mug' }));
    await library.edit(mug.id, { name: 'becher' });
    for (const name of ['becher.safetensors', 'becher.v2.safetensors']) {
      expect(await readFile(join(fresh, name))).toEqual(await readFile(join(folder, name)));
    }
  });
});
