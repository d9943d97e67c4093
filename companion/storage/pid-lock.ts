/**
 * PidLock: a file by which processes tell each other what they do to a folder, also those of other computers that share
 * it. Each has a file of its own, with its number in the name and its identity inside. Whoever acquires before looking for others is safe: of two
 * that begin at once, at least one sees the other. A crash locks nobody out.
 */

import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { makeFolder, writeFileAtomically } from './atomic-file.ts';
import { identityOf, isRunning, type ProcessIdentity } from './process-identity.ts';
import { readRegularFile } from './regular-file.ts';
import { isDiskFull } from './system-fault.ts';

export interface LockHolder {
  readonly path: string;
  readonly host: string;
  readonly pid: number;
}

/** Between two renewals of a lock that is held. */
const HEARTBEAT_MS = 10_000;

/**
 * A lock that was not renewed for so long may be left behind, where the process behind it cannot be asked for. Six renewals: a
 * process that loads a model answers nothing for seconds, and a drive that is shared over Wi-Fi stalls longer. Whoever sleeps
 * with the lid closed for longer than this loses the lock.
 */
export const STALE_AFTER_MS = 6 * HEARTBEAT_MS;

/** Such a lock is watched before it is removed, since a clock that jumped makes each look old: longer than a renewal. */
export const WATCH_MS = 1.5 * HEARTBEAT_MS;

/** Host of a lock that another program wrote, or that is damaged. */
const UNKNOWN_HOST = 'another computer';

/** A host's name has at most 255 characters. */
const CONTENT_MAX_BYTES = 4096;

const contentSchema = z.object({
  host: z.string().min(1).max(255),
  pid: z.int().positive(),
  /** For people. */
  startedAt: z.iso.datetime(),
  computer: z.string().optional(),
  start: z.string().optional(),
});

export class PidLock {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #own: string;
  readonly #content: string;
  readonly #identity: ProcessIdentity | undefined;
  readonly #watchMs: number;
  #heartbeat: NodeJS.Timeout | undefined;
  #renewing: Promise<void> = Promise.resolve();

  private constructor(
    folder: string,
    prefix: string,
    identity: ProcessIdentity | undefined,
    watchMs: number,
  ) {
    this.#identity = identity;
    this.#watchMs = watchMs;
    this.#folder = folder;
    this.#prefix = prefix;
    this.#own = `${prefix}${process.pid}-${randomBytes(4).toString('hex')}`;
    const content: z.infer<typeof contentSchema> = {
      host: hostname(),
      pid: process.pid,
      startedAt: new Date().toISOString(),
      ...identity,
    };
    this.#content = JSON.stringify(content);
  }

  /**
   * @param name says what is done, as part of the file's name: `aurora.pulled-by`
   * @param watchMs a time of the test's own
   * @throws LikenessError `storage`
   */
  static async acquire(folder: string, name: `${string}-by`, watchMs = WATCH_MS): Promise<PidLock> {
    const lock = new PidLock(folder, `.${name}-`, await identityOf(process.pid), watchMs);
    await makeFolder(folder);
    await lock.#write();
    lock.#heartbeat = setInterval(() => lock.#renew(), HEARTBEAT_MS).unref();
    return lock;
  }

  /** Another holder of a lock of this name; undefined where there is none. Locks that were left behind are removed. */
  async otherHolder(): Promise<LockHolder | undefined> {
    for (const name of await readdir(this.#folder)) {
      const pid = name.startsWith(this.#prefix)
        ? Number.parseInt(name.slice(this.#prefix.length), 10)
        : Number.NaN;
      if (Number.isNaN(pid) || name === this.#own) continue;
      const path = join(this.#folder, name);
      const found = await readLock(path);
      if (found === undefined) continue;
      if (await this.#isHeld(path, pid, found)) return { path, host: found.host, pid };
      await rm(path, { force: true });
    }
    return undefined;
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#renewing;
    await rm(join(this.#folder, this.#own), { force: true });
  }

  async #isHeld(path: string, pid: number, { host, computer, start }: FoundLock): Promise<boolean> {
    if (computer === undefined || this.#identity === undefined) {
      if (host === hostname() && !isRunning(pid)) return false;
    } else if (computer === this.#identity.computer) return (await identityOf(pid))?.start === start;
    return this.#isRenewed(path);
  }

  async #isRenewed(path: string): Promise<boolean> {
    const seen = await stampOf(path);
    if (seen === undefined) return false;
    if (Math.abs((await this.#driveTimeMs()) - seen.mtimeMs) < STALE_AFTER_MS) return true;
    await wait(this.#watchMs);
    const again = await stampOf(path);
    return again !== undefined && (again.mtimeMs !== seen.mtimeMs || again.ino !== seen.ino);
  }

  /** By the clock of whatever dates this folder's files: two computers' own clocks differ by minutes. */
  async #driveTimeMs(): Promise<number> {
    await this.#renew();
    const own = await stat(join(this.#folder, this.#own)).catch(() => undefined);
    return own?.mtimeMs ?? Date.now();
  }

  /**
   * A renewal that fails is made up for by the next. A lock that was taken away stays away, and so does a folder whose drive
   * was unplugged.
   */
  #renew(): Promise<void> {
    const renewed = this.#renewing.then(async () => {
      await stat(join(this.#folder, this.#own));
      await this.#write();
    });
    this.#renewing = renewed.catch(() => {});
    return this.#renewing;
  }

  /** On a full disk, where things are removed to make room, without its content: it counts as this computer's then. */
  async #write(): Promise<void> {
    const path = join(this.#folder, this.#own);
    await writeFileAtomically(path, this.#content).catch((error: unknown) => {
      if (!isDiskFull(error)) throw error;
      return writeFileAtomically(path, '');
    });
  }
}

/** True for the file names of locks, whatever their folder. */
export function isLockName(name: string): boolean {
  return /^\..*-by-\d+-[0-9a-f]+$/.test(name);
}

interface FoundLock {
  readonly host: string;
  readonly computer?: string | undefined;
  readonly start?: string | undefined;
}

/** Undefined where it is gone. An empty file is how versions before this one wrote a lock, always this computer's. */
async function readLock(path: string): Promise<FoundLock | undefined> {
  try {
    const text = String(await readRegularFile(path, CONTENT_MAX_BYTES));
    return text === '' ? { host: hostname() } : parseContent(text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    // No lock of ours, which may be anybody's.
    if (code === 'ERR_FS_FILE_TOO_LARGE' || code === 'EFTYPE') return { host: UNKNOWN_HOST };
    throw error;
  }
}

function parseContent(text: string): FoundLock {
  try {
    return contentSchema.parse(JSON.parse(text));
  } catch {
    return { host: UNKNOWN_HOST };
  }
}

/** A renewal is a new file in the old one's place. */
async function stampOf(path: string): Promise<{ mtimeMs: number; ino: number } | undefined> {
  return stat(path).catch(() => undefined);
}
