/**
 * ProcessIdentity: a process as no other is, of this computer or of another that shares the folder: neither one that gets
 * its number later, nor one of the same number elsewhere. No clock has a part in it. Linux tells it (proc_pid_stat(5));
 * other systems do not.
 */

import { readFile, readlink } from 'node:fs/promises';

export interface ProcessIdentity {
  /** This start of the computer, and the container whose numbers these are. */
  readonly computer: string;
  /** Ticks from the computer's start to the process's. */
  readonly start: string;
}

/** Place of `starttime` behind the program's name, which may have spaces and brackets. */
const START_FIELD = 22 - 3;

/** Undefined where there is no such process, or the system does not tell. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const numbers = await readlink('/proc/self/ns/pid');
    const status = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended.
    if (fields[0] === 'Z') return undefined;
    return { computer: `${boot.trim()} ${numbers}`, start: fields[START_FIELD]! };
  } catch {
    return undefined;
  }
}

/** True for a process of this computer, also for one that is suspended. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
