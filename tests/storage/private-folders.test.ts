import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { USER_MODES, writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import { dataFolders } from '../../companion/storage/folders.ts';
import { tidyDataFolders } from '../../companion/storage/private-folders.ts';
import { sweepTemporary, TEMPORARY_SUFFIX, temporaryPath } from '../../companion/storage/temporary-file.ts';
import { scratchFolder } from './scratch-folder.ts';

const FILES = [
  'concepts/aurora.safetensors',
  'jobs/job-a/job.json',
  'cache/x.f32',
  'clients.json',
  'own.txt',
];

/** A data folder as the version before made it. */
async function openHome(): Promise<string> {
  const home = await scratchFolder();
  for (const file of FILES) {
    await mkdir(dirname(join(home, file)), { recursive: true });
    await writeFile(join(home, file), 'x');
  }
  for (const path of ['', ...(await readdir(home, { recursive: true }))]) {
    const isFile = (await stat(join(home, path))).isFile();
    await chmod(join(home, path), isFile ? 0o644 : 0o755);
  }
  return home;
}

async function modesIn(home: string): Promise<Record<string, string>> {
  const modes: Record<string, string> = {};
  for (const path of [home, ...(await readdir(home, { recursive: true })).map((name) => join(home, name))]) {
    modes[relative(home, path)] = ((await stat(path)).mode & 0o777).toString(8);
  }
  return modes;
}

const foldersOf = (home: string) => dataFolders({ LIKENESS_HOME: home });

describe.skipIf(process.platform === 'win32')('data folders', () => {
  it.each([true, false])('that others can read are made private, thoroughly: %s', async (thoroughly) => {
    const home = await openHome();
    await tidyDataFolders(foldersOf(home), thoroughly);
    expect(await modesIn(home)).toEqual({
      '': '700',
      concepts: '700',
      'concepts/aurora.safetensors': '600',
      jobs: '700',
      'jobs/job-a': '700',
      'jobs/job-a/job.json': '600',
      cache: '700',
      'cache/x.f32': '600',
      'clients.json': '600',
      // Not ours, in a folder that is.
      'own.txt': '644',
    });
  });

  it('leave alone what a link leads to, and a folder that is for everybody', async () => {
    const [home, elsewhere] = [await openHome(), await scratchFolder()];
    await writeFile(join(elsewhere, 'model.safetensors'), 'x', { mode: 0o644 });
    await chmod(elsewhere, 0o755);
    await symlink(elsewhere, join(home, 'models'));
    await chmod(home, 0o1777);
    await tidyDataFolders(foldersOf(home), true);
    expect((await stat(home)).mode & 0o1777).toBe(0o1777);
    expect((await stat(elsewhere)).mode & 0o777).toBe(0o755);
    expect((await stat(join(elsewhere, 'model.safetensors'))).mode & 0o777).toBe(0o644);
    expect((await stat(join(home, 'concepts'))).mode & 0o777).toBe(0o700);
  });

  it('get private files and folders, whatever the umask; a folder of the user does not', async () => {
    const folder = await scratchFolder();
    const before = process.umask(0o022);
    try {
      await writeFileAtomically(join(folder, 'a', 'b'), 'x');
      await writeFileAtomically(join(folder, 'theirs', 'b'), 'x', USER_MODES);
    } finally {
      process.umask(before);
    }
    expect(await modesIn(folder)).toMatchObject({ a: '700', 'a/b': '600', theirs: '755', 'theirs/b': '644' });
  });
});

describe('temporary files', () => {
  const leave = async (path: string, modified = new Date()) => {
    await writeFile(path, 'half');
    await utimes(path, modified, modified);
  };
  /** The file of this process under the number of another. */
  const ofProcess = (target: string, pid: number) =>
    temporaryPath(target).replace(`-${process.pid}-`, `-${pid}-`);

  it('of processes that have ended are swept, however young, and no others, however old', async () => {
    const home = await scratchFolder();
    await mkdir(join(home, 'jobs', 'job-a'), { recursive: true });
    const child = spawn(process.execPath, ['-e', '']);
    const { pid } = child;
    await once(child, 'exit');
    const longAgo = new Date(0);
    const own = temporaryPath(join(home, 'jobs', 'job-a', 'job.json'));
    await leave(own, longAgo);
    await leave(ofProcess(join(home, 'jobs', 'job-a', 'picture.png'), pid!));
    await leave(ofProcess(join(home, 'clients.json'), pid!));
    await leave(ofProcess(join(home, 'concepts.json'), process.ppid), longAgo);
    await tidyDataFolders(foldersOf(home), true);
    const left = await readdir(home, { recursive: true });
    expect(left.filter((name) => name.endsWith(TEMPORARY_SUFFIX)).sort()).toEqual(
      [relative(home, own), expect.stringContaining(`-${process.ppid}-`)].sort(),
    );
  });

  it("of unknown owners are swept an hour later, by the drive's clock", async () => {
    const folder = await scratchFolder();
    await leave(join(folder, `.old.0a${TEMPORARY_SUFFIX}`), new Date(Date.now() - 2 * 60 * 60 * 1000));
    await leave(join(folder, `.young.0a${TEMPORARY_SUFFIX}`));
    await leave(join(folder, `theirs${TEMPORARY_SUFFIX}`), new Date(0));
    await sweepTemporary(folder);
    expect((await readdir(folder)).sort()).toEqual([
      `.young.0a${TEMPORARY_SUFFIX}`,
      `theirs${TEMPORARY_SUFFIX}`,
    ]);
  });
});
