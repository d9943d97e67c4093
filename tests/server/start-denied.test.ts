/** `likeness start` where a folder cannot be used: it says which and what to do, and calls it no fault of its own. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { systemFault } from '../../companion/storage/system-fault.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

const program = fileURLToPath(new URL('../../bin/likeness.mjs', import.meta.url));

/** A file where a folder belongs: no account may enter it, not even the one that may do everything. */
async function blocked(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'in the way');
  return path;
}

function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

it.each(['', 'jobs', 'cache', 'concepts', 'figma-plugin'])(
  'names what cannot be used in the data folder: %s',
  async (part) => {
    const home = join(await scratchFolder(), 'home');
    const path = await blocked(join(home, part));
    const child = run(['start', '--json', '--port', '0'], { LIKENESS_HOME: home });
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    const error = JSON.parse(said.trim().split('\n').at(-1)!) as Readonly<Record<string, string>>;
    expect([error.type, error.code, code]).toEqual(['error', 'storage', 1]);
    expect(error.message).toContain(path);
    expect(error.advice).toMatch(/folder|path/);
  },
);

it('goes on without a log, and without a folder for temporary files', async () => {
  const home = await scratchFolder();
  await blocked(join(home, 'logs'));
  const TMPDIR = join(await blocked(join(home, 'tmp')), 'inside');
  const child = run(['start', '--json', '--port', '0'], { LIKENESS_HOME: home, TMPDIR });
  const errors = text(child.stderr);
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.includes('"listening"')) break;
  }
  child.kill('SIGTERM');
  expect(said, await errors).toContain('"listening"');
});

it('tells a system’s refusal from a bug', () => {
  const refusal = (code: string) =>
    Object.assign(new Error(`${code}: no`), { code, syscall: 'open', path: '/install/plugin/dist/main.js' });
  const message = '/install/plugin/dist/main.js cannot be used: ';
  expect(systemFault(refusal('EROFS'))).toMatchObject({
    code: 'storage',
    message: `${message}the disk is read-only`,
  });
  expect(systemFault(refusal('EXDEV'))).toMatchObject({ message: `${message}the system says EXDEV` });
  for (const words of ['glib: Error creating thread: Resource temporarily unavailable', 'std::bad_alloc']) {
    expect(systemFault(new Error(words))).toMatchObject({ code: 'memory' });
  }
  const bug = new TypeError('x is not a function');
  expect(systemFault(bug)).toBe(bug);
  const broken = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
  expect(systemFault(broken)).toBe(broken);
});
