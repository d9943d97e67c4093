/** The library of a companion that runs: where it cannot be written, on a full disk, and killed in the middle of changes. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { smallConcept } from '../library/small-concept.ts';
import { canMount, onSmallDisk } from '../storage/small-disk.ts';
import { startServer } from './running-server.ts';

const MAIN = fileURLToPath(new URL('library-server-main.ts', import.meta.url));

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-library-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const namesOf = async (folder: string) => {
  const { concepts, damaged } = await new FileLibrary(join(folder, 'concepts')).list();
  return { damaged, shown: concepts.map(({ name, versions }) => `${name} ${versions.length}`).sort() };
};

it('a companion that is killed while it imports and renames leaves whole concepts, and goes on', {
  timeout: 300_000,
}, async () => {
  const folder = await scratch();
  const library = new FileLibrary(join(folder, 'concepts'));
  for (const weight of [1, 2, 3]) await library.add(smallConcept('aurora', weight));
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, folder, String(10 * round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), exit]);
    // At another moment each time.
    await new Promise((resolve) => setTimeout(resolve, 150 * round));
    child.kill('SIGKILL');
    await exit;
    const { shown, damaged } = await namesOf(folder);
    expect(damaged).toEqual([]);
    expect(shown.filter((one) => /^(aurora|borealis) 3$/.test(one))).toHaveLength(1);
    expect(shown.filter((one) => !/^(aurora|borealis) 3$|^lamp-\d+ 1$/.test(one))).toEqual([]);
  }
});

it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
  'a folder that may not be written, or entered, is told of and serves again (needs another account than root)',
  async () => {
    const running = await startServer();
    onTestFinished(() => running.stop());
    const { id } = await running.library.add(smallConcept('aurora', 1));
    const concepts = join(running.home, 'concepts');
    const headers = { Authorization: `Bearer ${await running.pair()}`, 'Content-Type': 'application/json' };
    const rename = (name: string) =>
      fetch(`${running.address}/api/concepts/${id}`, {
        method: 'PATCH',
        headers,
        body: JSON.stringify({ name }),
      });
    for (const mode of [0o500, 0]) {
      await chmod(concepts, mode);
      const answer = await rename('borealis');
      expect([answer.status, await answer.json()]).toEqual([
        507,
        expect.objectContaining({ code: 'storage' }),
      ]);
      expect((await fetch(`${running.address}/health`)).status).toBe(200);
      await chmod(concepts, 0o700);
    }
    expect((await rename('borealis')).status).toBe(200);
  },
);

it.skipIf(!canMount)(
  'a library on a full or read-only disk is told of and serves again (needs unshare)',
  async () => {
    const folder = await scratch();
    const printed = await onSmallDisk(
      folder,
      `
    import { execFileSync } from 'node:child_process';
    import { rmSync, statfsSync, writeFileSync } from 'node:fs';
    import { encodeConcept } from './companion/concepts/concept-file.ts';
    import { smallConcept } from './tests/library/small-concept.ts';
    import { startServer } from './tests/server/running-server.ts';
    const disk = ${JSON.stringify(folder)};
    const running = await startServer(disk);
    const { id } = await running.library.add(smallConcept('aurora', 1));
    const token = await running.pair();
    const ask = async (path, method, body, type = 'application/json') => {
      const headers = { Authorization: 'Bearer ' + token, Origin: 'null', 'Content-Type': type };
      const answer = await fetch(running.address + path, { method, headers, body });
      const text = await answer.text();
      return [answer.status, text.startsWith('{') ? (JSON.parse(text).code ?? 'ok') : 'ok'];
    };
    const rename = (name) => ask('/api/concepts/' + id, 'PATCH', JSON.stringify({ name }));
    const { bytes } = encodeConcept(smallConcept('lamp', 7));
    const told = [];
    const look = async () => {
      told.push(await rename('borealis'));
      told.push(await ask('/api/concepts', 'POST', bytes, 'application/octet-stream'));
      told.push(await ask('/api/concepts', 'GET'));
      told.push(await ask('/health', 'GET'));
    };
    const { bavail, bsize } = statfsSync(disk);
    try { writeFileSync(disk + '/filler', new Uint8Array(bavail * bsize + bsize)); } catch {}
    await look();
    rmSync(disk + '/filler');
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    await look();
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    await look();
    console.log(JSON.stringify(told));
    await running.stop();
    process.exit(0);`,
      '512k',
    );
    const told = JSON.parse(printed.trim().split('\n').at(-1)!) as [number, string][];
    const codes = told.map(([, code]) => code);
    expect(codes.slice(0, 8)).toEqual(['storage', 'storage', 'ok', 'ok', 'storage', 'storage', 'ok', 'ok']);
    expect(told.slice(8).map(([status]) => status)).toEqual([200, 201, 200, 200]);
  },
);
