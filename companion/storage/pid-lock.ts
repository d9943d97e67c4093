/**
 * Flags by which processes tell each other what they are doing to a folder. Each is a file of its own with the process's
 * number in its name. Whoever raises one before looking for others is safe: of two that begin at once, at least one sees
 * the other. A lock whose process has ended is no more than a file, so a crash locks nobody out.
 */

import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeFileAtomically } from './atomic-file.ts';

export interface LockHolder {
  readonly path: string;
  readonly pid: number;
}

export class PidLock {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #own: string;

  private constructor(folder: string, prefix: string) {
    this.#folder = folder;
    this.#prefix = prefix;
    this.#own = `${prefix}${process.pid}-${randomBytes(4).toString('hex')}`;
  }

  /** @param name of what is done, in a file's name: `aurora.pulled-by` @throws LikenessError `storage` */
  static async acquire(folder: string, name: string): Promise<PidLock> {
    const lock = new PidLock(folder, `.${name}-`);
    await makeFolder(folder);
    await writeFileAtomically(join(folder, lock.#own), '');
    return lock;
  }

  /**
   * One that somebody else has raised under this name; undefined where there is none. Those of processes that have ended
   * are removed.
   * @param youngerThanMs older ones count as left behind: a process's number may have gone to another
   */
  async otherHolder(youngerThanMs = Number.POSITIVE_INFINITY): Promise<LockHolder | undefined> {
    for (const name of await readdir(this.#folder)) {
      const pid = name.startsWith(this.#prefix)
        ? Number.parseInt(name.slice(this.#prefix.length), 10)
        : Number.NaN;
      if (Number.isNaN(pid) || name === this.#own) continue;
      const path = join(this.#folder, name);
      const raised = await stat(path).catch(() => undefined);
      if (raised === undefined) continue;
      if (isRunning(pid) && Date.now() - raised.mtimeMs < youngerThanMs) return { path, pid };
      await rm(path, { force: true });
    }
    return undefined;
  }

  async release(): Promise<void> {
    await rm(join(this.#folder, this.#own), { force: true });
  }
}

/** Also one that is suspended. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
