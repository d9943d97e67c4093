import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { streamFileAtomically, writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import { storageError } from '../../companion/storage/system-fault.ts';
import { scratchFolder } from './scratch-folder.ts';
import { canMount, onSmallDisk } from './small-disk.ts';

const systemError = (code: string) => Object.assign(new Error(code), { code });

describe('writing a file', () => {
  it('makes its folders, replaces what was there, and leaves nothing beside it', async () => {
    const folder = join(await scratchFolder(), 'a', 'b');
    await writeFileAtomically(join(folder, 'file'), 'old');
    await writeFileAtomically(join(folder, 'file'), Uint8Array.of(110, 101, 119));
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('keeps the old file, and no temporary one, when writing stops half-way', async () => {
    const folder = await scratchFolder();
    const path = join(folder, 'file');
    await writeFileAtomically(path, 'old');
    const writing = streamFileAtomically(path, async (file) => {
      await file.writeFile('ne');
      throw systemError('ENOSPC');
    });
    await expect(writing).rejects.toMatchObject({
      code: 'storage',
      message: `${path} cannot be written: the disk is full`,
      advice: expect.stringContaining('Free some space'),
    });
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('goes through a symlink to its target', async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'target'), 'old');
    await symlink(join(folder, 'target'), join(folder, 'link'));
    await writeFileAtomically(join(folder, 'link'), 'new');
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('new');
  });

  it('takes the longest names that file systems have', async () => {
    const folder = await scratchFolder();
    for (const name of ['a'.repeat(255), 'é'.repeat(127)]) {
      await writeFileAtomically(join(folder, name), 'new');
      expect(await readFile(join(folder, name), 'utf8')).toBe('new');
    }
    expect(await readdir(folder)).toHaveLength(2);
  });

  it.skipIf(process.platform === 'win32')('does not take the place of a pipe or device', async () => {
    const pipe = join(await scratchFolder(), 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    await expect(writeFileAtomically(pipe, 'new')).rejects.toMatchObject({
      code: 'storage',
      message: `${pipe} cannot be written: a device or pipe is in its place`,
    });
    expect((await stat(pipe)).isFIFO()).toBe(true);
  });

  it('says that a file is in the way of its folder', async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'file'), '');
    const refusal = await writeFileAtomically(join(folder, 'file', 'inner'), '').catch(
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({
      code: 'storage',
      message: expect.stringContaining('a part of the path is a file'),
    });
  });

  it('says that a folder is in its place', async () => {
    const folder = await scratchFolder();
    await mkdir(join(folder, 'taken', 'inner'), { recursive: true });
    await expect(writeFileAtomically(join(folder, 'taken'), '')).rejects.toMatchObject({ code: 'storage' });
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it.skipIf(process.platform !== 'linux')('says so where the system allows no files (/proc)', async () => {
    await expect(writeFileAtomically('/proc/likeness/file', '')).rejects.toMatchObject({ code: 'storage' });
  });

  it.each(['EROFS', 'EACCES', 'EPERM', 'EDQUOT', 'ENAMETOOLONG', 'EIO'])(
    'turns %s into one line with advice',
    (code) => {
      expect(storageError('/x', systemError(code))).toMatchObject({
        code: 'storage',
        message: expect.stringMatching(/^\/x cannot be written: [^\n]+$/),
        advice: expect.any(String),
      });
    },
  );

  it('lets bugs through as they are', async () => {
    const path = join(await scratchFolder(), 'file');
    const bug = new TypeError('internal: wrong');
    const writing = streamFileAtomically(path, async () => Promise.reject(bug));
    await expect(writing).rejects.toBe(bug);
  });
});

it.skipIf(!canMount)('keeps the old file on a disk that fills up while writing (needs unshare)', async () => {
  const folder = await scratchFolder();
  const result = await onSmallDisk(
    folder,
    `import { readFileSync, readdirSync } from 'node:fs';
     import { writeFileAtomically } from './companion/storage/atomic-file.ts';
     const path = ${JSON.stringify(join(folder, 'file'))};
     await writeFileAtomically(path, 'old');
     const refusal = await writeFileAtomically(path, new Uint8Array(100_000)).catch((error) => error);
     console.log(JSON.stringify([refusal.code, readFileSync(path, 'utf8'), readdirSync(${JSON.stringify(folder)})]));`,
  );
  expect(JSON.parse(result)).toEqual(['storage', 'old', ['file']]);
});
