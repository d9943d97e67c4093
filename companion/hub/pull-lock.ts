/**
 * That one process at a time pulls a model. Each raises a flag, a file with its number in its name, before it looks for
 * the flags of others: of two that begin at once, at least one sees the other. A flag whose process has ended is no more
 * than a file, so a crash locks nobody out.
 */

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { writeFileAtomically } from '../checkpoint/atomic-file.ts';

export class PullLock {
  readonly #flag: string;

  private constructor(flag: string) {
    this.#flag = flag;
  }

  /** @throws LikenessError `input` where another process pulls this model */
  static async take(models: string, name: string): Promise<PullLock> {
    const prefix = `.${name}.pulled-by-`;
    const own = prefix + process.pid;
    const lock = new PullLock(join(models, own));
    await writeFileAtomically(lock.#flag, '');
    for (const other of await readdir(models)) {
      const pid = other.startsWith(prefix) ? Number(other.slice(prefix.length)) : Number.NaN;
      if (!Number.isInteger(pid) || other === own) continue;
      if (isRunning(pid)) {
        await lock.release();
        throw new LikenessError('input', `${name} is being pulled already, by process ${pid}`, {
          advice: `Wait for it. If there is no such pull, remove ${join(models, other)}.`,
        });
      }
      await rm(join(models, other), { force: true });
    }
    return lock;
  }

  async release(): Promise<void> {
    await rm(this.#flag, { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
