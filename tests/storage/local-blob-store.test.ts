import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BlobExists, type BlobKey, blobKey } from '../../companion/storage/blob-store.ts';
import { LocalBlobStore, renameLocked } from '../../companion/storage/drivers/local/local-blob-store.ts';
import { TEMPORARY_SUFFIX } from '../../companion/storage/temporary-file.ts';
import { describeBlobStore } from './blob-conformance.ts';
import { scratchFolder } from './scratch-folder.ts';

describeBlobStore('a folder', new URL('local-blobs.ts', import.meta.url), async () => {
  const location = join(await scratchFolder(), 'blobs');
  return { store: new LocalBlobStore(location), location };
});

async function keysOf(store: LocalBlobStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  return keys.sort();
}

describe('a folder of blobs', () => {
  it('shows what people drop in, and none of its own files', async () => {
    const folder = await scratchFolder();
    const store = new LocalBlobStore(folder);
    await writeFile(join(folder, 'any: name?'), 'dropped');
    await writeFile(join(folder, 'back\\slash'), 'x');
    await writeFile(join(folder, `.half.0a${TEMPORARY_SUFFIX}`), 'x');
    await writeFile(join(folder, '.aurora.pulled-by-12-abcd0123'), '');
    await symlink('nowhere', join(folder, 'link'));
    await mkdir(join(folder, 'empty'));
    expect(await keysOf(store)).toEqual(['any: name?', 'link']);
    expect(Buffer.from(await store.get('any: name?' as BlobKey)).toString()).toBe('dropped');
    await store.move('any: name?' as BlobKey, blobKey('any name'));
    expect(await readFile(join(folder, 'any name'), 'utf8')).toBe('dropped');
  });

  it('takes no name for a blob that it would not show', async () => {
    const store = new LocalBlobStore(await scratchFolder());
    for (const name of ['.changed-by-1-ab', `.x${TEMPORARY_SUFFIX}`]) {
      await expect(store.put(blobKey(name), Buffer.from('x'))).rejects.toMatchObject({ code: 'input' });
    }
  });

  it('leaves nothing but the blobs', async () => {
    const folder = await scratchFolder();
    const store = new LocalBlobStore(folder);
    await store.put(blobKey('a/b/c'), Buffer.from('x'), { ifAbsent: true });
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['c']);
    await store.move(blobKey('a/b/c'), blobKey('d'));
    expect(await readdir(folder)).toEqual(['d']);
  });

  it('says that it cannot be read, and is not empty then', async () => {
    const file = join(await scratchFolder(), 'file');
    await writeFile(file, '');
    await expect(keysOf(new LocalBlobStore(file))).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringContaining('cannot be read (ENOTDIR)'),
    });
  });

  it('goes without links where there are none', async () => {
    const folder = await scratchFolder();
    const names = Array.from({ length: 8 }, (_, index) => join(folder, `from ${index}`));
    for (const name of names) await writeFile(name, name);
    const outcomes = await Promise.allSettled(names.map((name) => renameLocked(name, join(folder, 'to'))));
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(lost).toHaveLength(7);
    for (const error of lost) expect(error).toBeInstanceOf(BlobExists);
    expect(await readFile(join(folder, 'to'), 'utf8')).toBe(names[winner]);
    expect(await readdir(folder)).toHaveLength(8);
  });
});
