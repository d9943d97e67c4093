import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { summariseConcept, writeConcept } from '../../companion/concepts/concept-file.ts';
import { BlobLibrary } from '../../companion/library/blob-library.ts';
import type { LibraryEvent } from '../../companion/library/concept-library.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import type { BlobKey, ListOptions } from '../../companion/storage/blob-store.ts';
import { LocalBlobStore } from '../../companion/storage/drivers/local/local-blob-store.ts';
import { TEMPORARY_SUFFIX } from '../../companion/storage/temporary-file.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { describeLibrary } from './conformance.ts';
import { smallConcept, writeSmallConcept } from './small-concept.ts';

describeLibrary('a folder', async () => {
  let now = new Date();
  const library = new FileLibrary(join(await scratchFolder(), 'concepts'), {
    now: () => now,
    rescanIntervalMs: 20,
  });
  return {
    library,
    setNow: (moment) => {
      now = moment;
    },
  };
});

describeLibrary('blobs, without a lock', async () => {
  let now = new Date();
  const store = new LocalBlobStore(join(await scratchFolder(), 'concepts'));
  return {
    library: new BlobLibrary(store, { now: () => now, rescanIntervalMs: 20 }),
    setNow: (moment) => {
      now = moment;
    },
  };
});

describe('a folder of concepts', () => {
  it('takes names that Windows keeps for devices, and changes files of names that it does not have', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    expect((await library.add(smallConcept('con', 1))).key).toBe('con_.safetensors');
    await writeConcept(join(folder, 'what: a name?.safetensors'), smallConcept('aurora', 2));
    const { id } = (await library.list('aurora')).concepts[0]!;
    await library.edit(id, { rights: { owner: 'Acme' } }, 'owner');
    await library.remove(id);
    const { current } = await library.restore(id);
    expect(current).toMatchObject({ key: 'aurora.safetensors', rights: { owner: 'Acme' } });
  });

  it("puts nothing over a folder that has a version's name", async () => {
    const folder = await scratchFolder();
    await mkdir(join(folder, 'aurora.safetensors'));
    const { key } = await new FileLibrary(folder).add(smallConcept('aurora', 1));
    expect(key).toBe('aurora-2.safetensors');
  });

  it('lists files that others dropped in, changed and took away', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    expect((await library.list()).concepts).toEqual([]);
    const path = join(folder, 'any name at all.safetensors');
    await writeConcept(path, smallConcept('aurora', 1));
    expect((await library.list()).concepts).toMatchObject([
      { name: 'aurora', current: { key: 'any name at all.safetensors' } },
    ]);
    await writeConcept(path, smallConcept('borealis', 1));
    expect((await library.list()).concepts).toMatchObject([{ name: 'borealis' }]);
  });

  it('names files for people, and puts nothing over a file that is there', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    await writeFile(join(folder, 'aurora.safetensors'), 'something else');
    const { id } = await library.add(smallConcept('aurora', 1));
    await library.add(smallConcept('aurora', 2));
    const files = ['aurora-2.safetensors', 'aurora.safetensors', 'aurora.v2.safetensors'];
    expect((await readdir(folder)).sort()).toEqual(files);
    await library.edit(id, { name: 'borealis' });
    expect((await readdir(folder)).sort()).toEqual([
      'aurora.safetensors',
      'borealis.safetensors',
      'borealis.v2.safetensors',
    ]);
    expect(await readFile(join(folder, 'aurora.safetensors'), 'utf8')).toBe('something else');
  });

  it('tells once that it cannot be read, goes on watching, and tells when it is back', async () => {
    const home = await scratchFolder();
    const folder = join(home, 'concepts');
    const [drive, nothing] = [await scratchFolder(), join(home, 'nothing')];
    await writeFile(nothing, '');
    // In one step: a folder that is not there for a moment is an empty one.
    const pointTo = async (target: string) => {
      await symlink(target, join(home, 'next'));
      await rename(join(home, 'next'), folder);
    };
    await pointTo(drive);
    const library = new FileLibrary(folder, { rescanIntervalMs: 20 });
    await library.add(smallConcept('aurora', 1));
    const stop = new AbortController();
    const news: LibraryEvent[] = [];
    const watching = (async () => {
      for await (const one of library.changes(stop.signal)) news.push(one);
    })();
    await wait(60);
    // Like a drive that is gone: something is there, and no folder.
    await pointTo(nothing);
    await expect.poll(() => news).toMatchObject([{ type: 'unreadable', error: { code: 'storage' } }]);
    await wait(200);
    expect(news).toHaveLength(1);
    await pointTo(drive);
    const back = { type: 'changed', listing: { concepts: [{ name: 'aurora' }] } };
    await expect.poll(() => news[1]).toMatchObject(back);
    await library.add(smallConcept('borealis', 2));
    await expect.poll(() => news[2]).toMatchObject({ type: 'changed' });
    stop.abort();
    await watching;
  });

  it('never calls damaged what goes away while it is looked at', async () => {
    const folder = await scratchFolder();
    const files = await Promise.all(
      Array.from({ length: 40 }, (_, index) => writeSmallConcept(folder, `concept${index}`, index)),
    );
    const library = new FileLibrary(folder);
    let left = files.length;
    const removing = (async () => {
      for (const file of files) {
        await rm(file);
        left -= 1;
      }
    })();
    while (left > 0) expect((await library.list()).damaged).toEqual([]);
    await removing;
    expect((await library.list()).concepts).toEqual([]);
  });

  it('lists damaged files with the reason, and the others all the same', async () => {
    const folder = await scratchFolder();
    await writeSmallConcept(folder, 'aurora', 1);
    await writeFile(join(folder, 'cut.safetensors'), 'no header');
    await symlink(join(folder, 'nowhere'), join(folder, 'link.safetensors'));
    await writeFile(join(folder, `.half.safetensors${TEMPORARY_SUFFIX}`), 'x');
    await writeFile(join(folder, 'notes.txt'), 'x');
    const { concepts, damaged } = await new FileLibrary(folder).list();
    expect(concepts.map(({ name }) => name)).toEqual(['aurora']);
    expect(damaged.map(({ file, code }) => [file, code])).toEqual([
      ['cut.safetensors', 'concept-format'],
      ['link.safetensors', 'checkpoint-missing'],
    ]);
    for (const { reason } of damaged) expect(reason).not.toBe('');
  });

  it.skipIf(process.platform === 'win32')(
    'waits for no pipe, device or loop of links, and reads the others',
    async () => {
      const folder = await scratchFolder();
      await writeSmallConcept(folder, 'aurora', 1);
      const [pipe, link] = [join(folder, 'pipe.safetensors'), join(folder, 'linked.safetensors')];
      await promisify(execFile)('mkfifo', [pipe]);
      await symlink(pipe, link);
      await symlink('loop.safetensors', join(folder, 'loop.safetensors'));
      await symlink('/dev/zero', join(folder, 'zero.safetensors'));
      await symlink('/dev/tty', join(folder, 'tty.safetensors'));
      const library = new FileLibrary(folder);
      const { concepts, damaged } = await library.list();
      expect(concepts.map(({ name }) => name)).toEqual(['aurora']);
      expect(damaged.map(({ file }) => file)).toEqual(['loop.safetensors']);
      expect((await library.add(smallConcept('pipe', 2))).key).toBe('pipe-2.safetensors');
      for (const path of [pipe, link, '/dev/zero']) {
        await expect(library.import(path)).rejects.toMatchObject({ code: 'concept-format' });
        await expect(summariseConcept(path)).rejects.toMatchObject({ code: 'concept-format' });
      }
      await library.purge(0);
    },
  );

  it('does not take a path for a weight hash', async () => {
    const folder = await scratchFolder();
    const file = await writeSmallConcept(folder, 'aurora', 1);
    const { weightHash } = await summariseConcept(file);
    const text = await readFile(file, 'latin1');
    await writeFile(file, text.replaceAll(weightHash, '/../'.repeat(16)), 'latin1');
    const { concepts, damaged } = await new FileLibrary(folder).list();
    expect(concepts).toEqual([]);
    expect(damaged).toMatchObject([{ reason: expect.stringContaining('its weight hash is none') }]);
  });

  it('changes no header of a file whose weights are damaged', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    const file = await writeSmallConcept(folder, 'aurora', 1);
    const bytes = await readFile(file);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(file, bytes);
    const { id } = (await library.list()).concepts[0]!;
    await expect(library.edit(id, { name: 'borealis' })).rejects.toMatchObject({ code: 'concept-format' });
    expect(await readFile(file)).toEqual(bytes);
  });

  it('shows a copy of a file once, and removes it too', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    const file = await writeSmallConcept(folder, 'aurora', 1);
    await copyFile(file, join(folder, 'copy.safetensors'));
    const { concepts } = await library.list();
    expect(concepts).toMatchObject([{ versions: [{ version: 1 }] }]);
    await library.remove(concepts[0]!.id);
    expect((await library.list()).concepts).toEqual([]);
  });

  it('holds a concept together whose renaming was cut short', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    const first = await library.add(smallConcept('aurora', 1));
    const second = await library.add(smallConcept('aurora', 2));
    await writeConcept(
      await library.materialize(second),
      smallConcept('borealis', 2, { version: 2, parent: first.weightHash }),
    );
    expect(await library.get(first.id)).toMatchObject({ name: 'borealis', versions: [{}, { version: 1 }] });
    const { versions } = await library.edit(first.id, { name: 'borealis' });
    expect(versions.map(({ name }) => name)).toEqual(['borealis', 'borealis']);
  });

  it('holds one of three versions together, too', async () => {
    const library = new FileLibrary(await scratchFolder());
    const first = await library.add(smallConcept('aurora', 1));
    const second = await library.add(smallConcept('aurora', 2));
    const third = await library.add(smallConcept('aurora', 3));
    await writeConcept(
      await library.materialize(third),
      smallConcept('borealis', 3, { version: 3, parent: second.weightHash }),
    );
    const { concepts } = await library.list();
    expect(concepts).toMatchObject([
      { id: first.id, name: 'borealis', versions: [{}, {}, { version: 1, name: 'aurora' }] },
    ]);
  });

  it('lists versions that claim to come from each other', async () => {
    const folder = await scratchFolder();
    const [one, other] = await Promise.all(
      [1, 2].map(async (weight) => summariseConcept(await writeSmallConcept(folder, 'aurora', weight))),
    );
    await writeConcept(one!.path, smallConcept('aurora', 1, { version: 2, parent: other!.weightHash }));
    await writeConcept(other!.path, smallConcept('aurora', 2, { parent: one!.weightHash }));
    const { concepts } = await new FileLibrary(folder).list();
    expect(concepts).toMatchObject([{ versions: [{ version: 2 }, { version: 1 }] }]);
  });

  it('sees that a file was put in the place of another of its size and time', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    const path = join(folder, 'one.safetensors');
    const moment = new Date('2026-05-04T10:00:00Z');
    await writeConcept(path, smallConcept('aurora', 1));
    await utimes(path, moment, moment);
    expect((await library.list()).concepts).toMatchObject([{ name: 'aurora' }]);
    await writeConcept(path, smallConcept('sierra', 1));
    await utimes(path, moment, moment);
    expect((await library.list()).concepts).toMatchObject([{ name: 'sierra' }]);
  });

  it('purges what a crash left half-written, but nothing that may still be being written', async () => {
    const folder = await scratchFolder();
    const [left, young] = ['left', 'young'].map((name) => join(folder, `.${name}.0a${TEMPORARY_SUFFIX}`));
    await writeFile(left!, 'half a concept');
    await writeFile(young!, 'half a concept');
    const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000);
    await utimes(left!, yesterday, yesterday);
    await new FileLibrary(folder).purge(30);
    expect(await readdir(folder)).toEqual([basename(young!)]);
  });

  it('looks once at the folder for many thumbnails, and reads no header twice', async () => {
    const folder = await scratchFolder();
    const looks: string[] = [];
    class WatchedStore extends LocalBlobStore {
      override list(prefix: string, options?: ListOptions) {
        looks.push(`list ${prefix}`);
        return super.list(prefix, options);
      }
      override async materialize(key: BlobKey) {
        const path = await super.materialize(key);
        looks.push(`read ${key}`);
        return path;
      }
    }
    const library = new BlobLibrary(new WatchedStore(folder));
    const thumbnail = { mediaType: 'image/png', bytes: Uint8Array.of(0x89, 0x50, 0x4e, 0x47) } as const;
    const names = Array.from({ length: 40 }, (_, index) => `concept${index}`);
    for (const [index, name] of names.entries()) await writeSmallConcept(folder, name, index, { thumbnail });
    const ids = (await library.list()).concepts.map(({ id }) => id);
    looks.length = 0;
    expect((await library.thumbnails(ids)).size).toBe(40);
    expect(looks).toEqual(['list ']);
    await writeSmallConcept(folder, 'concept0', 0, { version: 2, thumbnail });
    expect((await library.thumbnails(ids)).get(ids[0]!)).toMatchObject({ version: 2 });
    expect(looks.filter((look) => look.startsWith('read'))).toEqual(['read concept0-0.safetensors']);
  });

  it('keeps the precision of weights that it did not teach', async () => {
    const folder = await scratchFolder();
    const library = new FileLibrary(folder);
    const exact = join(folder, 'exact.safetensors');
    await writeConcept(exact, smallConcept('aurora', 0.1), { dtype: 'F32' });
    const { weightHash } = await summariseConcept(exact);
    const { id } = (await library.list()).concepts[0]!;
    expect((await library.edit(id, { name: 'borealis' })).current.weightHash).toBe(weightHash);
  });
});
