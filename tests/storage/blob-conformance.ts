/** What every BlobStore must do. A new driver calls this beside the one for folders. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  BlobExists,
  type BlobKey,
  BlobMissing,
  type BlobStore,
  blobKey,
} from '../../companion/storage/blob-store.ts';

export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  /** Opens the same store in another process: `openBlobStore(location)` of the module at `driver`. */
  readonly location: string;
}

const PROCESS = fileURLToPath(new URL('blob-process-main.ts', import.meta.url));

/** Time for all processes to have read their modules. */
const HEAD_START_MS = 2500;

const text = (words: string) => new TextEncoder().encode(words);

async function* stream(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield text(part);
}

/** @param driver URL of a module with `openBlobStore(location: string): BlobStore` */
export function describeBlobStore(name: string, driver: URL, open: () => Promise<BlobStoreUnderTest>): void {
  const keys = async (store: BlobStore, prefix = '', shallow = false) => {
    const found: string[] = [];
    for await (const { key } of store.list(prefix, { shallow })) found.push(key);
    return found.sort();
  };
  const words = async (store: BlobStore, key: string) =>
    new TextDecoder().decode(await store.get(blobKey(key)));
  const process = (location: string, ...rest: readonly string[]) => [
    ...['--import', 'tsx', PROCESS, driver.href, location],
    ...rest,
  ];
  const node = globalThis.process.execPath;

  describe(`blobs in ${name}`, () => {
    it('are none at first', async () => {
      const { store } = await open();
      expect(await keys(store)).toEqual([]);
      expect(await keys(store, 'a/b/')).toEqual([]);
    });

    it('come back as they were put, as bytes, as a stream and as nothing at all', async () => {
      const { store } = await open();
      const bytes = Uint8Array.from({ length: 1 << 18 }, (_, index) => index % 251);
      expect(await store.put(blobKey('bytes'), bytes)).toMatchObject({ key: 'bytes', sizeBytes: 1 << 18 });
      await store.put(blobKey('a/b/stream'), stream('one, ', '', 'two'));
      await store.put(blobKey('empty'), new Uint8Array());
      await store.put(blobKey('empty stream'), stream());
      expect(Buffer.compare(await store.get(blobKey('bytes')), bytes)).toBe(0);
      expect(await words(store, 'a/b/stream')).toBe('one, two');
      expect(await words(store, 'empty')).toBe('');
      expect(await words(store, 'empty stream')).toBe('');
    });

    it('are replaced as a whole, and have another revision then', async () => {
      const { store } = await open();
      const revisions = new Set<string>();
      for (const letter of 'abcdefgh') {
        await store.put(blobKey('one'), text(letter));
        for await (const { revision } of store.list('one')) revisions.add(revision);
      }
      // A store may come back to a revision of long ago, never to the one before.
      expect(revisions.size).toBeGreaterThan(1);
      const first = await store.put(blobKey('one'), text('xy'));
      const second = await store.put(blobKey('one'), text('zw'));
      expect(second.revision).not.toBe(first.revision);
      expect(await words(store, 'one')).toBe('zw');
    });

    it('are listed as put gave them', async () => {
      const { store } = await open();
      const put = [await store.put(blobKey('a'), text('1')), await store.put(blobKey('b/c'), text('22'))];
      const listed = [];
      for await (const info of store.list('')) listed.push(info);
      expect(listed.sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual(put);
    });

    it('are listed by the beginning of their keys', async () => {
      const { store } = await open();
      for (const key of ['az', 'ab', 'a/x', 'a/y/z', 'b', '.trash/1/a'])
        await store.put(blobKey(key), text(key));
      expect(await keys(store)).toEqual(['.trash/1/a', 'a/x', 'a/y/z', 'ab', 'az', 'b']);
      expect(await keys(store, 'a')).toEqual(['a/x', 'a/y/z', 'ab', 'az']);
      expect(await keys(store, 'a/')).toEqual(['a/x', 'a/y/z']);
      expect(await keys(store, 'a/y')).toEqual(['a/y/z']);
      expect(await keys(store, '', true)).toEqual(['ab', 'az', 'b']);
      expect(await keys(store, 'a/', true)).toEqual(['a/x']);
      expect(await keys(store, 'c')).toEqual([]);
    });

    it('stay listed while others come, go and move', async () => {
      const { store } = await open();
      const staying = Array.from({ length: 60 }, (_, index) => `staying ${index}`);
      for (const key of staying) await store.put(blobKey(key), text(key));
      let isDone = false;
      const changing = (async () => {
        for (let turn = 0; !isDone; turn++) {
          await store.put(blobKey(`coming ${turn}`), text('x'));
          await store.move(blobKey(`coming ${turn}`), blobKey(`moved/${turn}`));
          if (turn % 2 === 0) await store.delete(blobKey(`moved/${turn}`));
        }
      })();
      for (let look = 0; look < 20; look++) {
        const listed = await keys(store);
        expect(listed).toEqual(expect.arrayContaining(staying));
        expect(new Set(listed).size).toBe(listed.length);
      }
      isDone = true;
      await changing;
    });

    it('move with their bytes, and never over others', async () => {
      const { store } = await open();
      await store.put(blobKey('a'), text('first'));
      await store.put(blobKey('b'), text('second'));
      await expect(store.move(blobKey('a'), blobKey('b'))).rejects.toBeInstanceOf(BlobExists);
      await store.move(blobKey('a'), blobKey('.trash/1/a'));
      await store.move(blobKey('b'), blobKey('b'));
      expect(await keys(store)).toEqual(['.trash/1/a', 'b']);
      expect(await words(store, '.trash/1/a')).toBe('first');
      await store.move(blobKey('.trash/1/a'), blobKey('a'));
      expect(await keys(store)).toEqual(['a', 'b']);
      await store.move(blobKey('a'), blobKey('b'), { replace: true });
      expect(await keys(store)).toEqual(['b']);
      expect(await words(store, 'b')).toBe('first');
      await expect(store.move(blobKey('c'), blobKey('d'))).rejects.toBeInstanceOf(BlobMissing);
      await expect(store.move(blobKey('c'), blobKey('c'))).rejects.toBeInstanceOf(BlobMissing);
    });

    it('are deleted once, and nothing is twice', async () => {
      const { store } = await open();
      await store.put(blobKey('a/b'), text('x'));
      await Promise.all([1, 2, 3].map(() => store.delete(blobKey('a/b'))));
      await store.delete(blobKey('a/b'));
      await store.delete(blobKey('a'));
      expect(await keys(store)).toEqual([]);
      await store.put(blobKey('a'), text('no folder is left in its place'));
      for (const attempt of [store.get(blobKey('a/b')), store.materialize(blobKey('a/b'))]) {
        await expect(attempt).rejects.toBeInstanceOf(BlobMissing);
      }
    });

    it('find their folder again that a deletion takes away at the same moment', async () => {
      const { store } = await open();
      for (let turn = 0; turn < 50; turn++) {
        await store.put(blobKey('folder/old'), text('old'));
        await Promise.all([
          store.delete(blobKey('folder/old')),
          store.put(blobKey('folder/new'), text('new')),
        ]);
        expect(await keys(store)).toEqual(['folder/new']);
        await store.delete(blobKey('folder/new'));
      }
    });

    it('are moved and put into one folder that many deletions empty', async () => {
      const { store } = await open();
      const work = Array.from({ length: 12 }, async (_, index) => {
        for (let turn = 0; turn < 15; turn++) {
          const [from, to] = [blobKey(`from/${index}`), blobKey(`to/${index}`)];
          await store.put(from, text(`${index}`), { ifAbsent: true });
          await store.move(from, to);
          await store.delete(to);
        }
      });
      await Promise.all(work);
      expect(await keys(store)).toEqual([]);
    });

    it('are files of this machine once they are materialized', async () => {
      const { store } = await open();
      await store.put(blobKey('a/b'), text('mapped'));
      expect(await readFile(await store.materialize(blobKey('a/b')), 'utf8')).toBe('mapped');
    });

    it('are put where there is none, once of many times', async () => {
      const { store } = await open();
      const puts = ['a', 'b', 'c', 'd'].map((word) =>
        store.put(blobKey('x/one'), text(word), { ifAbsent: true }).then(
          () => word,
          (error) => error,
        ),
      );
      const outcomes = await Promise.all(puts);
      const winners = outcomes.filter((outcome) => typeof outcome === 'string');
      expect(winners).toEqual([await words(store, 'x/one')]);
      expect(outcomes.filter((outcome) => outcome instanceof BlobExists)).toHaveLength(3);
      expect(await keys(store)).toEqual(['x/one']);
    });

    it('are put where there is none by one of several processes', async () => {
      const { store, location } = await open();
      const moment = String(Date.now() + HEAD_START_MS);
      const told = await Promise.all(
        ['a', 'b', 'c'].map((word) =>
          promisify(execFile)(node, process(location, 'race', word, moment, '40')),
        ),
      );
      const won = told.map(({ stdout }) => JSON.parse(stdout) as string[]);
      expect(won.flat().sort()).toEqual(await keys(store));
      expect(won.flat()).toHaveLength(40);
      for (const [index, word] of ['a', 'b', 'c'].entries()) {
        for (const key of won[index]!) expect(await words(store, key)).toBe(word.repeat(1000));
      }
    });

    it('are not there, or as they were, when their stream breaks off', async () => {
      const { store } = await open();
      await store.put(blobKey('old'), text('old'));
      const broken = async function* () {
        yield text('half');
        throw new Error('broken off');
      };
      await expect(store.put(blobKey('old'), broken())).rejects.toThrow('broken off');
      await expect(store.put(blobKey('new'), broken(), { ifAbsent: true })).rejects.toThrow('broken off');
      expect(await words(store, 'old')).toBe('old');
      expect(await keys(store)).toEqual(['old']);
    });

    it('are not there, or as they were, when their process is killed', async () => {
      const { store, location } = await open();
      await store.put(blobKey('old'), text('old'));
      for (const key of ['old', 'new']) {
        const child = spawn(node, process(location, 'hang', key), { stdio: ['ignore', 'pipe', 'inherit'] });
        await once(child.stdout, 'data');
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      expect(await words(store, 'old')).toBe('old');
      expect(await keys(store)).toEqual(['old']);
      await store.put(blobKey('new'), text('new'), { ifAbsent: true });
      await store.sweep();
      expect(await keys(store)).toEqual(['new', 'old']);
    });

    it.each(['../a', '/a', 'a/../../b', '', '.', 'a//b', 'a/', 'a\\..\\b', 'a\0b', '..'])(
      'never lie outside, as under the key %j',
      async (key) => {
        const { store } = await open();
        expect(() => blobKey(key)).toThrow(expect.objectContaining({ code: 'input' }));
        // As a key that came past the check.
        const hostile = key as BlobKey;
        await store.put(blobKey('one'), text('x'));
        for (const attempt of [
          () => store.put(hostile, text('x')),
          () => store.get(hostile),
          () => store.move(blobKey('one'), hostile),
          () => store.move(hostile, blobKey('two')),
          () => store.delete(hostile),
          () => store.materialize(hostile),
        ]) {
          await expect(attempt()).rejects.toMatchObject({ code: 'input' });
        }
        expect(await keys(store)).toEqual(['one']);
      },
    );

    it.each(['../', '/', 'a/../b', 'a//'])('are not listed outside, as under %j', async (prefix) => {
      const { store } = await open();
      await expect(keys(store, prefix)).rejects.toMatchObject({ code: 'input' });
    });

    it.each([
      'a:b',
      'nul',
      'COM1.txt',
      'a.',
      'a ',
      'a\nb',
      '\ud800',
      'é'.repeat(128),
      `${'ab/'.repeat(400)}a`,
    ])('get no name that another system cannot hold, case %#', (key) => {
      expect(() => blobKey(key)).toThrow(expect.objectContaining({ code: 'input' }));
    });

    it('have names of every language, with spaces and dots', async () => {
      const { store } = await open();
      const names = ['.hidden', '__proto__', 'a b', 'a.b.c', 'Überraschung', '水筒', `${'a'.repeat(255)}`];
      for (const name of names) await store.put(blobKey(name), text(name));
      expect(await keys(store)).toEqual([...names].sort());
      for (const name of names) expect(await words(store, name)).toBe(name);
    });
  });
}
