/** forkProcess: a process of this program's own, or the reason for which the system starts none. */

import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { refusedStart } from './system-fault.ts';

/**
 * Node tells a refusal in three ways: by an exception (no memory), by an event (no more processes), or by a child without
 * streams and channel (no more open files).
 * @throws LikenessError `memory`, `storage` where the system starts none
 */
export function forkProcess(entry: URL, options: ForkOptions, args: readonly string[] = []): ChildProcess {
  let child: ChildProcess;
  try {
    child = fork(entry, args, options);
  } catch (cause) {
    throw refusedStart(cause);
  }
  // What is told of its start is told here; what is told of its end, by its end.
  child.on('error', () => {});
  if (child.pid === undefined) throw refusedStart();
  return child;
}
