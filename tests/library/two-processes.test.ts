import { execFile } from 'node:child_process';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { BlobLibrary } from '../../companion/library/blob-library.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { LocalBlobStore } from '../../companion/storage/drivers/local/local-blob-store.ts';
import { withFolderLock } from '../../companion/storage/folder-lock.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { smallConcept, writeSmallConcept } from './small-concept.ts';

const ADD = fileURLToPath(new URL('add-concept.ts', import.meta.url));
const run = promisify(execFile);

/** Time for all of them to have read their modules. */
const HEAD_START_MS = 2500;

it.each(['locked', 'unlocked'])(
  'takes what several processes add under one name at one moment, each as a version of its own, %s',
  async (locking) => {
    const [folder, taught] = [await scratchFolder(), await scratchFolder()];
    const weights = [1, 2, 3];
    const files = await Promise.all(weights.map((weight) => writeSmallConcept(taught, 'aurora', weight)));
    const moment = String(Date.now() + HEAD_START_MS);
    const told = await Promise.all(
      files.map((file) => run(process.execPath, ['--import', 'tsx', ADD, folder, file, moment, locking])),
    );
    expect(told.map(({ stdout }) => stdout).sort()).toEqual(['1', '2', '3']);
    const { concepts } = await new FileLibrary(folder).list();
    expect(concepts.map(({ versions }) => versions.length)).toEqual([3]);
    expect((await readdir(folder)).sort()).toEqual([
      'aurora.safetensors',
      'aurora.v2.safetensors',
      'aurora.v3.safetensors',
    ]);
  },
);

it('is not held up by what a crash left, also where its number has gone to another process', async () => {
  const folder = await scratchFolder();
  for (const pid of [process.ppid, 2 ** 30]) {
    const flag = join(folder, `.changed-by-${pid}-abcd`);
    await writeFile(flag, '');
    await utimes(flag, 1, 1);
  }
  const library = new BlobLibrary(new LocalBlobStore(folder), {
    exclusively: (change) => withFolderLock(folder, change, 'changed-by', 100),
  });
  expect((await library.add(smallConcept('aurora', 1))).version).toBe(1);
  expect(await readdir(folder)).toEqual(['aurora.safetensors']);
});
