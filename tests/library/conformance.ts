/** What every driver of the library must do. A new driver calls this beside the one for folders. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConcept, summariseConcept } from '../../companion/concepts/concept-file.ts';
import type { ConceptLibrary } from '../../companion/library/concept-library.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { smallConcept, writePlainLora, writeSmallConcept } from './small-concept.ts';

export interface LibraryUnderTest {
  readonly library: ConceptLibrary;
  /** Moves the library's clock. */
  readonly setNow: (now: Date) => void;
}

const UNKNOWN = '0123456789abcdef';

export function describeLibrary(driver: string, open: () => Promise<LibraryUnderTest>): void {
  const names = async (library: ConceptLibrary, search?: string) =>
    (await library.list(search)).concepts.map(({ name }) => name);

  describe(`the library in ${driver}`, () => {
    it('is empty at first', async () => {
      const { library } = await open();
      expect(await library.list()).toEqual({ concepts: [], damaged: [] });
      expect(await library.removed()).toEqual([]);
      expect(await library.purge(0)).toBe(0);
    });

    it('makes a version of what is taught again, and keeps the old one', async () => {
      const { library } = await open();
      const first = await library.add(smallConcept('aurora', 1));
      const second = await library.add(smallConcept('aurora', 2));
      expect(first).toMatchObject({ name: 'aurora', version: 1 });
      expect(second).toMatchObject({ id: first.id, version: 2, parent: first.weightHash });
      const concept = await library.get(first.id);
      expect(concept.current.weightHash).toBe(second.weightHash);
      expect(concept.versions.map(({ version }) => version)).toEqual([2, 1]);
      expect((await readConcept(await library.materialize(await library.version(first.id, 1)))).version).toBe(
        1,
      );
      await expect(library.version(first.id, 3)).rejects.toMatchObject({ code: 'concept-unknown' });
    });

    it('takes the same weights once, however often they are added', async () => {
      const { library } = await open();
      const concept = smallConcept('aurora', 1);
      const [once, again] = await Promise.all([library.add(concept), library.add(concept)]);
      expect(again).toEqual(once);
      expect((await library.get(once.id)).versions).toHaveLength(1);
    });

    it('numbers versions that are added at the same moment', async () => {
      const { library } = await open();
      const added = await Promise.all([1, 2, 3].map((weight) => library.add(smallConcept('aurora', weight))));
      expect(added.map(({ version }) => version)).toEqual([1, 2, 3]);
    });

    it('finds by name, class word and note, in this order', async () => {
      const { library } = await open();
      await library.add(smallConcept('beacon', 1, { classWord: 'Café mug' }));
      await library.add(smallConcept('mug', 2, { classWord: 'cup' }));
      await library.add(smallConcept('aurora', 3, { rights: { note: 'beside the mug' } }));
      expect(await names(library)).toEqual(['aurora', 'beacon', 'mug']);
      expect(await names(library, 'mug')).toEqual(['mug', 'beacon', 'aurora']);
      expect(await names(library, '@BEA cafe')).toEqual(['beacon']);
      expect(await names(library, 'mug lamp')).toEqual([]);
    });

    it('renames all versions; the id and the weights stay', async () => {
      const { library } = await open();
      const first = await library.add(smallConcept('aurora', 1));
      const second = await library.add(smallConcept('aurora', 2));
      const renamed = await library.edit(first.id, { name: 'borealis' });
      expect(renamed).toMatchObject({ id: first.id, name: 'borealis' });
      expect(renamed.versions.map(({ name, weightHash }) => [name, weightHash])).toEqual([
        ['borealis', second.weightHash],
        ['borealis', first.weightHash],
      ]);
      const next = await library.add(smallConcept('borealis', 3));
      expect(next).toMatchObject({ id: first.id, version: 3 });
    });

    it('refuses a name that is taken, or none', async () => {
      const { library } = await open();
      const { id } = await library.add(smallConcept('aurora', 1));
      await library.add(smallConcept('mug', 2));
      await expect(library.edit(id, { name: 'mug' })).rejects.toMatchObject({ code: 'input' });
      await expect(library.edit(id, { name: '../mug' })).rejects.toMatchObject({ code: 'input' });
      await expect(library.edit(UNKNOWN, { name: 'cup' })).rejects.toMatchObject({ code: 'concept-unknown' });
      expect((await library.edit(id, { name: 'aurora' })).name).toBe('aurora');
    });

    it('keeps rights, and flags a concept from the day after its last one', async () => {
      const { library, setNow } = await open();
      const { id } = await library.add(smallConcept('aurora', 1));
      const rights = { owner: 'Acme', licence: 'own use', note: 'autumn', expires: '2026-11-30' };
      expect((await library.edit(id, { rights })).current.rights).toEqual(rights);
      setNow(new Date(2026, 10, 30, 23, 59));
      expect((await library.get(id)).expired).toBe(false);
      setNow(new Date(2026, 11, 1, 0, 1));
      expect((await library.get(id)).expired).toBe(true);
    });

    it('keeps the rights of the version before, but for those that are set anew', async () => {
      const { library } = await open();
      const rights = { owner: 'Acme', licence: 'own use', note: 'autumn', expires: '2026-11-30' };
      await library.add(smallConcept('aurora', 1, { rights }));
      const same = await library.add(smallConcept('aurora', 2));
      expect(same.rights).toEqual(rights);
      const set = { licence: 'ads', note: '', expires: '2027-01-31' };
      const next = await library.add(smallConcept('aurora', 3, { rights: set }), { by: 'owner' });
      expect(next.rights).toEqual({ owner: 'Acme', licence: 'ads', expires: '2027-01-31' });
      expect((await library.version(next.id, 1)).rights).toEqual(rights);
    });

    it('lets a client bring the last day of use forward, and only the owner put it off', async () => {
      const [{ library }, taught] = [await open(), await scratchFolder()];
      const expires = '2026-11-30';
      const { id } = await library.add(smallConcept('aurora', 1, { rights: { expires } }));
      const putOff = [{}, { expires: '2026-12-01' }, { owner: 'Acme' }];
      for (const rights of putOff) {
        await expect(library.edit(id, { rights })).rejects.toMatchObject({
          code: 'input',
          advice: expect.stringContaining('concepts rights aurora'),
        });
      }
      // By teaching, or by a file, of other weights or of these.
      const added = await library.add(smallConcept('aurora', 2, { rights: { expires: '2099-01-01' } }));
      expect(added.rights).toEqual({ expires });
      const parent = (await library.get(id)).current.weightHash;
      const next = await writeSmallConcept(taught, 'aurora', 4, { version: 9, parent });
      expect((await library.import(next)).rights).toEqual({ expires });
      const before = await writeSmallConcept(taught, 'aurora', 5, { version: 50 });
      const child = { version: 11, parent: (await summariseConcept(before)).weightHash };
      const related = await library.import(await writeSmallConcept(taught, 'mug', 6, child));
      expect(related.rights).toEqual({});
      await library.edit(related.id, { rights: { expires } });
      const ancestor = await library.import(await writeSmallConcept(taught, 'mug', 5, { version: 50 }));
      expect(ancestor).toMatchObject({ version: 50, rights: { expires } });
      await library.remove(id);
      const again = await library.import(await writeSmallConcept(taught, 'aurora', 1));
      expect(again.rights).toEqual({ expires });
      expect((await library.edit(again.id, { rights: { expires: '2026-11-01' } })).current.rights).toEqual({
        expires: '2026-11-01',
      });
      expect((await library.edit(again.id, { rights: {} }, 'owner')).current.rights).toEqual({});
    });

    it('changes name and rights at once, or neither', async () => {
      const { library } = await open();
      const { id } = await library.add(smallConcept('aurora', 1, { rights: { expires: '2026-11-30' } }));
      await expect(library.edit(id, { name: 'borealis', rights: {} })).rejects.toMatchObject({
        code: 'input',
      });
      expect(await library.get(id)).toMatchObject({ name: 'aurora' });
      const changed = await library.edit(id, { name: 'borealis', rights: { expires: '2026-11-01' } });
      expect(changed).toMatchObject({ id, name: 'borealis', current: { rights: { expires: '2026-11-01' } } });
    });

    it.each([1_000_000, Number.MAX_SAFE_INTEGER])(
      'numbers what is taught after a file that claims version %i',
      async (version) => {
        const [{ library }, folder] = [await open(), await scratchFolder()];
        const imported = await library.import(await writeSmallConcept(folder, 'aurora', 1, { version }));
        expect(imported.version).toBeLessThanOrEqual(1_000_000);
        const taught = await library.add(smallConcept('aurora', 2));
        expect(taught).toMatchObject({ id: imported.id, parent: imported.weightHash });
        const { current, versions } = await library.get(imported.id);
        expect(current.weightHash).toBe(taught.weightHash);
        expect(versions).toHaveLength(2);
      },
    );

    it('removes into a trash, restores, and purges what is old', async () => {
      const { library, setNow } = await open();
      const { id } = await library.add(smallConcept('aurora', 1));
      await library.add(smallConcept('aurora', 2));
      const before = (await library.get(id)).versions.map(({ weightHash }) => weightHash);
      setNow(new Date(2026, 0, 1));
      await library.remove(id);
      await expect(library.get(id)).rejects.toMatchObject({ code: 'concept-unknown' });
      expect(await library.removed()).toMatchObject([{ id, name: 'aurora', versions: 2 }]);
      const restored = await library.restore(id);
      expect(restored.versions.map(({ weightHash }) => weightHash)).toEqual(before);
      await library.remove(id);
      for (let day = 1; day <= 30; day++) {
        setNow(new Date(2026, 0, day));
        expect(await library.purge(30)).toBe(0);
      }
      setNow(new Date(2026, 0, 31));
      expect(await library.purge(30)).toBeGreaterThan(0);
      expect(await library.removed()).toEqual([]);
      await expect(library.restore(id)).rejects.toMatchObject({ code: 'concept-unknown' });
    });

    it('deletes nothing for a clock that jumps, however often', async () => {
      const { library, setNow } = await open();
      const { id } = await library.add(smallConcept('aurora', 1));
      await library.remove(id);
      for (let jump = 0; jump < 100; jump++) {
        for (const year of [2026, 2056, 1970]) {
          setNow(new Date(year, 0, 2));
          expect(await library.purge(30)).toBe(0);
        }
      }
      expect((await library.restore(id)).name).toBe('aurora');
    });

    it('keeps what was removed under a wrong clock as long as everything else', async () => {
      const { library, setNow } = await open();
      const { id } = await library.add(smallConcept('aurora', 1));
      setNow(new Date(1970, 0, 2));
      await library.remove(id);
      setNow(new Date(2026, 0, 2));
      expect(await library.purge(30)).toBe(0);
      expect(await library.removed()).toHaveLength(1);
    });

    it('does not restore over a concept that took the name', async () => {
      const { library } = await open();
      const old = await library.add(smallConcept('aurora', 1));
      await library.remove(old.id);
      const fresh = await library.add(smallConcept('aurora', 2));
      expect(fresh).toMatchObject({ version: 1 });
      expect(fresh.id).not.toBe(old.id);
      await expect(library.restore(old.id)).rejects.toMatchObject({ code: 'input' });
      await library.edit(fresh.id, { name: 'borealis' });
      await library.restore(old.id);
      expect(await names(library)).toEqual(['aurora', 'borealis']);
    });

    it('exports a file that imports to the same concept elsewhere', async () => {
      const [here, there, taught] = [await open(), await open(), await scratchFolder()];
      const first = await here.library.add(smallConcept('aurora', 1));
      const second = await here.library.add(smallConcept('aurora', 2));
      const [one, two] = [join(taught, 'one.safetensors'), join(taught, 'two.safetensors')];
      await here.library.export(first.id, one, 1);
      await here.library.export(first.id, two);
      expect(await readFile(two)).toEqual(await readFile(await here.library.materialize(second)));
      await there.library.import(two);
      const imported = await there.library.import(one);
      expect(imported).toMatchObject({ id: first.id, version: 1 });
      const { versions } = await there.library.get(first.id);
      expect(versions.map(({ weightHash }) => weightHash)).toEqual([second.weightHash, first.weightHash]);
      expect((await there.library.import(one)).weightHash).toBe(first.weightHash);
    });

    it('imports beside a concept of the same name only under another', async () => {
      const [{ library }, taught] = [await open(), await scratchFolder()];
      await library.add(smallConcept('aurora', 1));
      const other = await writeSmallConcept(taught, 'aurora', 2);
      await expect(library.import(other)).rejects.toMatchObject({ code: 'input' });
      await library.import(other, { name: 'aurora-2' });
      expect(await names(library)).toEqual(['aurora', 'aurora-2']);
      await expect(library.import(other, { name: 'again' })).rejects.toMatchObject({
        message: expect.stringContaining('in the library already, as @aurora-2'),
      });
    });

    it('takes a plain LoRA file in once, and says under which name it is', async () => {
      const [{ library }, folder] = [await open(), await scratchFolder()];
      const file = await writePlainLora(folder);
      const lora = { name: 'watch', classWord: 'watch', identifier: 'sks' };
      const { id } = await library.import(file, { lora });
      await expect(library.import(file, { lora: { ...lora, name: 'clock' } })).rejects.toMatchObject({
        code: 'input',
        message: expect.stringContaining('@watch'),
      });
      expect((await library.import(file, { lora })).id).toBe(id);
      expect(await names(library)).toEqual(['watch']);
    });

    it('tells two concepts with the same weights apart', async () => {
      const { library } = await open();
      const aurora = await library.add(smallConcept('aurora', 1));
      const borealis = await library.add(smallConcept('borealis', 1));
      expect(await names(library)).toEqual(['aurora', 'borealis']);
      expect(borealis.id).not.toBe(aurora.id);
      const renamed = await library.edit(borealis.id, { name: 'a' });
      expect(renamed).toMatchObject({ name: 'a' });
      expect(await names(library)).toEqual(['a', 'aurora']);
      await library.remove(renamed.id);
      expect(await names(library)).toEqual(['aurora']);
      expect((await library.restore(renamed.id)).name).toBe('a');
      for (const name of ['a', 'aurora']) await library.remove((await library.list(name)).concepts[0]!.id);
      const removed = await library.removed();
      expect(new Set(removed.map(({ id }) => id)).size).toBe(2);
      const back = removed.find(({ name }) => name === 'aurora')!;
      expect((await library.restore(back.id)).name).toBe('aurora');
      expect((await library.removed()).map(({ name }) => name)).toEqual(['a']);
    });

    it('imports a plain LoRA file once its facts are given', async () => {
      const [{ library }, folder] = [await open(), await scratchFolder()];
      const file = await writePlainLora(folder);
      await expect(library.import(file)).rejects.toMatchObject({ code: 'concept-format' });
      const lora = { name: 'watch', classWord: 'watch', identifier: 'sks' };
      await expect(
        library.import(file, { lora: { ...lora, identifier: 'two words' } }),
      ).rejects.toMatchObject({ code: 'input' });
      const { id } = await library.import(file, { lora });
      expect((await library.get(id)).current).toMatchObject({ ...lora, version: 1, referenceCount: 0 });
    });

    it('gives the thumbnail that a file carries', async () => {
      const { library } = await open();
      const thumbnail = { mediaType: 'image/jpeg', bytes: Uint8Array.of(0xff, 0xd8, 0xff, 1) } as const;
      const { id } = await library.add(smallConcept('aurora', 1, { thumbnail }));
      await library.add(smallConcept('aurora', 2));
      expect((await library.version(id, 1)).thumbnail).toEqual(thumbnail);
      expect((await library.version(id)).thumbnail).toBeUndefined();
      const mug = await library.add(smallConcept('mug', 3, { thumbnail }));
      const found = await library.thumbnails([id, mug.id, UNKNOWN]);
      expect([...found]).toEqual([[mug.id, { ...thumbnail, version: 1 }]]);
    });

    it('gives an event for each change', async () => {
      const { library } = await open();
      const stop = new AbortController();
      const changes = library.changes(stop.signal);
      const next = changes.next();
      await library.add(smallConcept('aurora', 1));
      expect((await next).value).toMatchObject({
        type: 'changed',
        listing: { concepts: [{ name: 'aurora' }] },
      });
      stop.abort();
      expect(await changes.next()).toEqual({ done: true, value: undefined });
    });

    it.each(['../../etc/passwd', '', 'aurora', '__proto__'])('knows no concept of the id %j', async (id) => {
      const { library } = await open();
      for (const attempt of [
        () => library.get(id),
        () => library.edit(id, { name: 'x' }),
        () => library.remove(id),
        () => library.restore(id),
      ]) {
        await expect(attempt()).rejects.toMatchObject({ code: 'concept-unknown' });
      }
    });
  });
}
