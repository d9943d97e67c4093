import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { lockPull, withFolderLock } from '../../companion/storage/folder-lock.ts';
import { PidLock, STALE_AFTER_MS, WATCH_MS } from '../../companion/storage/pid-lock.ts';
import { scratchFolder } from './scratch-folder.ts';

const HOLDER = fileURLToPath(new URL('lock-holder-main.ts', import.meta.url));

/** A process that holds the lock until it is killed. */
async function holder(folder: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', HOLDER, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    pid: child.pid!,
    end: async (signal: NodeJS.Signals) => {
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

/** As another computer's process of this one's number writes it, or one that is not running here. */
async function foreignLock(folder: string, ageMs: number, host = 'elsewhere'): Promise<string> {
  const path = join(folder, `.held-by-${2 ** 30}-0a0a0a0a`);
  await mkdir(folder, { recursive: true });
  await writeFile(path, JSON.stringify({ host, pid: 2 ** 30, startedAt: '2026-05-04T10:00:00.000Z' }));
  const changed = new Date(Date.now() - ageMs);
  await utimes(path, changed, changed);
  return path;
}

describe('a lock', () => {
  it('says who holds it, and is gone once it is released', async () => {
    const folder = await scratchFolder();
    const before = Date.now();
    const lock = await PidLock.acquire(folder, 'held-by');
    const after = Date.now();
    const [name] = await readdir(folder);
    expect(name).toMatch(new RegExp(`^\\.held-by-${process.pid}-[0-9a-f]{8}$`));
    const { host, pid, startedAt } = JSON.parse(await readFile(join(folder, name!), 'utf8'));
    expect({ host, pid }).toEqual({ host: hostname(), pid: process.pid });
    expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(startedAt)).toBeLessThanOrEqual(after);
    expect(await lock.otherHolder()).toBeUndefined();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is held by a process that runs, and by none that was killed', async () => {
    const folder = await scratchFolder();
    const other = await holder(folder);
    const lock = await PidLock.acquire(folder, 'held-by');
    expect(await lock.otherHolder()).toMatchObject({ pid: other.pid, host: hostname() });
    await other.end('SIGKILL');
    expect(await readdir(folder)).toHaveLength(2);
    expect(await lock.otherHolder()).toBeUndefined();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('of a process that runs is held, however its file and the clock date it', async () => {
    const folder = await scratchFolder();
    const other = await holder(folder);
    const [name] = await readdir(folder);
    const path = join(folder, name!);
    const lock = await PidLock.acquire(folder, 'held-by', 0);
    for (const days of [-1000, -1, 1]) {
      const date = new Date(Date.now() + days * 86_400_000);
      await utimes(path, date, date);
      expect(await lock.otherHolder()).toMatchObject({ pid: other.pid });
    }
    await other.end('SIGKILL');
    await lock.release();
  });

  it.skipIf(process.platform !== 'linux')(
    'of a number that went to another process is left behind, and of another computer of this name it is not',
    async () => {
      const folder = await scratchFolder();
      const lock = await PidLock.acquire(folder, 'held-by', 0);
      const [own] = await readdir(folder);
      const content = JSON.parse(await readFile(join(folder, own!), 'utf8'));
      const path = join(folder, `.held-by-${process.ppid}-0a0a0a0a`);
      await writeFile(path, JSON.stringify({ ...content, pid: process.ppid, start: '1' }));
      expect(await lock.otherHolder()).toBeUndefined();
      const elsewhere = join(folder, `.held-by-${2 ** 30}-0a0a0a0a`);
      await writeFile(
        elsewhere,
        JSON.stringify({ ...content, pid: 2 ** 30, computer: 'another of this name' }),
      );
      expect(await lock.otherHolder()).toEqual({ path: elsewhere, pid: 2 ** 30, host: hostname() });
      await lock.release();
    },
  );

  it('of another computer is held while it is renewed, whatever runs here', async () => {
    const folder = await scratchFolder();
    const path = await foreignLock(folder, STALE_AFTER_MS - 20_000);
    const lock = await PidLock.acquire(folder, 'held-by', 100);
    expect(await lock.otherHolder()).toEqual({ path, pid: 2 ** 30, host: 'elsewhere' });
    await foreignLock(folder, STALE_AFTER_MS + 20_000);
    expect(await lock.otherHolder()).toBeUndefined();
    expect(await readdir(folder)).toHaveLength(1);
    await lock.release();
  });

  it.each([STALE_AFTER_MS + 20_000, -86_400_000])(
    'of another computer that a clock dates %i ms back is watched, and held where it is renewed',
    async (ageMs) => {
      const folder = await scratchFolder();
      const path = await foreignLock(folder, ageMs);
      const lock = await PidLock.acquire(folder, 'held-by', 1000);
      let isFound = false;
      const found = lock.otherHolder().finally(() => {
        isFound = true;
      });
      // All the time: of one renewal nobody knows whether it comes between the two looks.
      while (!isFound) {
        const renewed = new Date(Date.now() - ageMs);
        await utimes(path, renewed, renewed);
        await wait(20);
      }
      expect(await found).toMatchObject({ path });
      expect(await lock.otherHolder()).toBeUndefined();
      await lock.release();
    },
  );

  it('of nobody known counts as another computer, and an empty one as this', async () => {
    const folder = await scratchFolder();
    const lock = await PidLock.acquire(folder, 'held-by');
    const path = await foreignLock(folder, 0);
    for (const text of ['{"host":', '[]', '{"host":"","pid":1}', 'x'.repeat(10_000)]) {
      await writeFile(path, text);
      expect(await lock.otherHolder()).toMatchObject({ path, host: 'another computer' });
    }
    await writeFile(path, '');
    expect(await lock.otherHolder()).toBeUndefined();
    const running = join(folder, `.held-by-${process.ppid}-0a0a0a0a`);
    await writeFile(running, '');
    expect(await lock.otherHolder()).toEqual({ path: running, pid: process.ppid, host: hostname() });
    await lock.release();
  });

  it('that was taken away does not come back', async () => {
    const folder = await scratchFolder();
    const lock = await PidLock.acquire(folder, 'held-by');
    await rm(folder, { recursive: true });
    await foreignLock(folder, 0);
    expect(await lock.otherHolder()).toMatchObject({ host: 'elsewhere' });
    expect(await readdir(folder)).toHaveLength(1);
    await lock.release();
  });

  it('is renewed while it is held', async () => {
    const folder = await scratchFolder();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const lock = await PidLock.acquire(folder, 'held-by');
    const path = join(folder, (await readdir(folder))[0]!);
    const old = new Date(Date.now() - STALE_AFTER_MS);
    await utimes(path, old, old);
    vi.advanceTimersByTime(WATCH_MS);
    await expect.poll(async () => (await stat(path)).mtimeMs).toBeGreaterThan(old.getTime() + 1_000);
    await lock.release();
  });
});

it('a folder is changed once another computer has come to an end', async () => {
  const folder = await scratchFolder();
  const path = join(folder, '.changed-by-1-0a0a0a0a');
  await writeFile(path, JSON.stringify({ host: 'elsewhere', pid: 1, startedAt: '2026-05-04T10:00:00.000Z' }));
  const almost = new Date(Date.now() - STALE_AFTER_MS + 1500);
  await utimes(path, almost, almost);
  const changed = await withFolderLock(folder, async () => Date.now(), 'changed-by', 100);
  // File systems round times.
  expect(changed - almost.getTime()).toBeGreaterThan(STALE_AFTER_MS - 100);
  expect(await readdir(folder)).toEqual([]);
});

it('a model is pulled by one computer at a time', async () => {
  const folder = await scratchFolder();
  const path = join(folder, '.base.pulled-by-1-0a0a0a0a');
  await writeFile(path, JSON.stringify({ host: 'elsewhere', pid: 1, startedAt: '2026-05-04T10:00:00.000Z' }));
  await expect(lockPull(folder, 'base')).rejects.toMatchObject({
    code: 'input',
    message: 'base is being pulled already, by process 1 of elsewhere',
  });
  expect(await readdir(folder)).toHaveLength(1);
  const lock = await lockPull(folder, 'other');
  await lock.release();
});
