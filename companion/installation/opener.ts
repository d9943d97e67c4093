/** openForUser: an address in the browser, or a folder in the system's file manager. */

import { spawn } from 'node:child_process';

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Does nothing where there is no such program: addresses and paths are on the screen as well. @param target of ours, never a client's */
export function openForUser(target: string): void {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  spawn(command!, [...args, target], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
