/**
 * PidLock: a file by which processes tell each other what they do to a folder, also those of other computers that share
 * it. Each has a file of its own, with its number in the name. Whoever acquires before looking for others is safe: of two
 * that begin at once, at least one sees the other. A crash locks nobody out.
 */

import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { isDiskFull, makeFolder, writeFileAtomically } from './atomic-file.ts';
import { isRunning } from './temporary-file.ts';

export interface LockHolder {
  readonly path: string;
  readonly host: string;
  readonly pid: number;
}

/** Between two renewals of a lock that is held. */
const HEARTBEAT_MS = 10_000;

/**
 * Another computer's lock that was not renewed for so long is left behind. Six renewals: a process that loads a model
 * answers nothing for seconds, and a drive that is shared over Wi-Fi stalls longer. Whoever sleeps with the lid closed for
 * longer than this loses the lock.
 */
export const STALE_AFTER_MS = 6 * HEARTBEAT_MS;

/** Host of a lock that another program wrote, or that is damaged. */
const UNKNOWN_HOST = 'another computer';

/** A host's name has at most 255 characters. */
const CONTENT_MAX_BYTES = 4096;

const contentSchema = z.object({
  host: z.string().min(1).max(255),
  pid: z.int().positive(),
  startedAt: z.iso.datetime(),
});

export class PidLock {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #own: string;
  readonly #content: string;
  #heartbeat: NodeJS.Timeout | undefined;
  #renewing: Promise<void> = Promise.resolve();

  private constructor(folder: string, prefix: string) {
    this.#folder = folder;
    this.#prefix = prefix;
    this.#own = `${prefix}${process.pid}-${randomBytes(4).toString('hex')}`;
    const content: z.infer<typeof contentSchema> = {
      host: hostname(),
      pid: process.pid,
      startedAt: new Date().toISOString(),
    };
    this.#content = JSON.stringify(content);
  }

  /**
   * @param name says what is done, as part of the file's name: `aurora.pulled-by`
   * @throws LikenessError `storage`
   */
  static async acquire(folder: string, name: `${string}-by`): Promise<PidLock> {
    const lock = new PidLock(folder, `.${name}-`);
    await makeFolder(folder);
    await lock.#write();
    lock.#heartbeat = setInterval(() => lock.#renew(), HEARTBEAT_MS).unref();
    return lock;
  }

  /**
   * Another holder of a lock of this name; undefined where there is none. Locks that were left behind are removed.
   * @param youngerThanMs older ones of this computer count as left behind: a process's number may have gone to another
   */
  async otherHolder(youngerThanMs = Number.POSITIVE_INFINITY): Promise<LockHolder | undefined> {
    for (const name of await readdir(this.#folder)) {
      const pid = name.startsWith(this.#prefix)
        ? Number.parseInt(name.slice(this.#prefix.length), 10)
        : Number.NaN;
      if (Number.isNaN(pid) || name === this.#own) continue;
      const path = join(this.#folder, name);
      const found = await readLock(path);
      if (found === undefined) continue;
      const { host, changedAtMs } = found;
      const isHeld =
        host === hostname()
          ? isRunning(pid) && Date.now() - changedAtMs < youngerThanMs
          : (await this.#driveTimeMs()) - changedAtMs < STALE_AFTER_MS;
      if (isHeld) return { path, host, pid };
      await rm(path, { force: true });
    }
    return undefined;
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#renewing;
    await rm(join(this.#folder, this.#own), { force: true });
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

/** Undefined where it is gone. An empty file is how versions before this one wrote a lock, always this computer's. */
async function readLock(path: string): Promise<{ host: string; changedAtMs: number } | undefined> {
  try {
    const { mtimeMs: changedAtMs, size } = await stat(path);
    if (size > CONTENT_MAX_BYTES) return { host: UNKNOWN_HOST, changedAtMs };
    const text = await readFile(path, 'utf8');
    if (text === '') return { host: hostname(), changedAtMs };
    return { host: parseHost(text), changedAtMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseHost(text: string): string {
  try {
    return contentSchema.parse(JSON.parse(text)).host;
  } catch {
    return UNKNOWN_HOST;
  }
}
