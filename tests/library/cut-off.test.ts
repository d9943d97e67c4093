/** Every change of the library and of the stores beside it, killed at each of its writes, and then once more while the next start finishes it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTemporaryName } from '../../companion/storage/temporary-file.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { OPERATIONS, openLibrary, otherState, prepareLibrary } from './cut-off-operations.ts';

const MAIN = fileURLToPath(new URL('cut-off-main.ts', import.meta.url));

/** Children at the same time. */
const AT_ONCE = 2;

const scratch = await mkdtemp(join(tmpdir(), 'likeness-test-'));
let [program, prepared] = ['', ''];
let kills = 0;

beforeAll(async () => {
  [program, prepared] = [join(scratch, 'program'), join(scratch, 'prepared')];
  await mkdir(prepared);
  // In one file a child starts in a tenth of the time.
  await build({
    entryPoints: [MAIN],
    outdir: program,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    external: ['sharp', 'onnxruntime-node'],
    logLevel: 'error',
  });
  // What is not bundled is found from there.
  await symlink(
    fileURLToPath(new URL('../../node_modules', import.meta.url)),
    join(scratch, 'node_modules'),
    'junction',
  );
  await prepareLibrary(prepared);
});

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
  expect(kills).toBeGreaterThanOrEqual(200);
});

/** The signal that ended it, or what it printed. */
async function run(folder: string, operation: string, write: number): Promise<string> {
  const main = join(program, 'cut-off-main.mjs');
  const child = spawn(process.execPath, [main, folder, operation, String(write)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed, [, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (signal !== null) kills += 1;
  return signal ?? printed;
}

async function copyOf(folder: string): Promise<string> {
  const copy = await scratchFolder();
  await cp(folder, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

/** What people see of the library, opened anew. */
async function stateOf(folder: string): Promise<unknown> {
  const library = openLibrary(folder);
  const { concepts, damaged } = await library.list();
  const shown = concepts.map(({ id, name, versions }) => ({
    id,
    name,
    versions: versions.map(({ version, weightHash, rights, name: own }) => [
      own,
      version,
      weightHash,
      rights,
    ]),
  }));
  return { shown, damaged, removed: await library.removed(), others: await otherState(folder) };
}

/** Nothing of a change that is over stays behind. */
async function expectTidy(folder: string): Promise<void> {
  await openLibrary(folder).purge(Number.POSITIVE_INFINITY);
  const names = await readdir(join(folder, 'concepts'), { recursive: true });
  const left = names.filter(
    (name) => isTemporaryName(basename(name)) || name.startsWith(join('.changing', '/')),
  );
  expect(left).toEqual([]);
}

/** One write after the other, some at a time, each on a copy of the folder; gives what `look` says of each. */
async function killAtEach<T>(
  folder: string,
  operation: string,
  writes: number,
  look: (copy: string, write: number) => Promise<T>,
): Promise<T[]> {
  const seen: T[] = [];
  for (let first = 1; first <= writes; first += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, writes - first + 1) }, async (_, index) => {
      const copy = await copyOf(folder);
      expect(await run(copy, operation, first + index), `at write ${first + index}`).toBe('SIGKILL');
      return look(copy, first + index);
    });
    seen.push(...(await Promise.all(some)));
  }
  return seen;
}

describe.each(Object.keys(OPERATIONS))('%s', (operation) => {
  it('is made or not made, whenever it is killed', async () => {
    const whole = await copyOf(prepared);
    const before = await stateOf(prepared);
    const writes = Number(await run(whole, operation, 0));
    const after = await stateOf(whole);
    expect(after).not.toEqual(before);
    const made = await killAtEach(prepared, operation, writes, async (folder, write) => {
      const state = await stateOf(folder);
      const isMade = JSON.stringify(state) === JSON.stringify(after);
      if (!isMade) expect(state, `at write ${write} of ${writes}`).toEqual(before);
      await expectTidy(folder);
      return isMade;
    });
    // From one write on it is made.
    expect(made).toEqual([...made].sort((a, b) => Number(a) - Number(b)));
  });
});

it.each(['rename', 'remove'])(
  'a %s that was cut short is finished, also where that is killed',
  async (operation) => {
    const whole = await copyOf(prepared);
    const writes = Number(await run(whole, operation, 0));
    const after = await stateOf(whole);
    let halfDone: string | undefined;
    for (let write = 1; halfDone === undefined && write <= writes; write++) {
      const folder = await copyOf(prepared);
      await run(folder, operation, write);
      const names = await readdir(join(folder, 'concepts', '.changing')).catch((): string[] => []);
      if (names.includes('journal.json')) halfDone = folder;
    }
    const settled = await copyOf(halfDone!);
    const settling = Number(await run(settled, 'nothing', 0));
    expect(settling).toBeGreaterThan(5);
    await killAtEach(halfDone!, 'nothing', settling, async (folder) => {
      expect(await stateOf(folder)).toEqual(after);
      await expectTidy(folder);
    });
  },
);
