import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { removeData } from '../../companion/installation/data-removal.ts';
import { diskUsage } from '../../companion/installation/disk-usage.ts';
import { thisInstallation } from '../../companion/installation/installation.ts';
import { dataFolders } from '../../companion/storage/folders.ts';
import { temporaryFolder } from '../cli/binary.ts';

async function write(path: string, bytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, new Uint8Array(bytes));
}

it('an installation is told by where it lies', async () => {
  const folder = temporaryFolder();
  const node = join(folder, 'runtime/node');
  const clone = thisInstallation(join(folder, 'clone'), node);
  expect(clone).toEqual({
    kind: 'clone',
    folder: join(folder, 'clone'),
    command: [node, join(folder, 'clone/bin/likeness.mjs'), 'start'],
  });
  const root = join(folder, 'app/node_modules/likeness');
  expect(thisInstallation(root, node)).toMatchObject({ kind: 'package', folder: root });
  await writeFile(join(folder, 'SHA256SUMS'), '');
  expect(thisInstallation(root, node)).toMatchObject({ kind: 'portable', folder });
});

it('the disk is counted by folder, and links are not followed', async () => {
  const home = temporaryFolder();
  const folders = dataFolders({ LIKENESS_HOME: home });
  await write(join(folders.concepts, 'aurora/1.safetensors'), 300);
  await write(join(folders.models, 'base/unet/weights.safetensors'), 5_000);
  await write(join(home, 'jobs/job-1/0.png'), 70);
  await symlink(folders.models, join(folders.concepts, 'link'));
  const { folders: found, freeBytes } = await diskUsage(folders);
  const sizes = Object.fromEntries(found.map(({ name, sizeBytes }) => [name, sizeBytes]));
  expect(sizes).toEqual({ concepts: 300, models: 5_000, jobs: 70, cache: 0, logs: 0 });
  expect(freeBytes).toBeGreaterThan(0);
});

it('all that Likeness wrote is removed, and nothing of others', async () => {
  const home = temporaryFolder();
  const folders = dataFolders({ LIKENESS_HOME: home });
  for (const name of ['concepts/a', 'models/b', 'jobs/c', 'logs/d', 'cache/e', 'clients.json']) {
    await write(join(home, name), 10);
  }
  await write(join(home, 'my photos/duck.jpg'), 10);
  await removeData(folders);
  expect(await readdir(home)).toEqual(['my photos']);
  await removeData(folders);
});

it('a folder that held nothing else goes as well', async () => {
  const home = join(temporaryFolder(), 'data');
  await write(join(home, 'concepts/a'), 10);
  await removeData(dataFolders({ LIKENESS_HOME: home }));
  expect(await readdir(dirname(home))).toEqual([]);
});
