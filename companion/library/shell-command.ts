/** shellCommand: a command of this program as a shell takes it, for advice that people copy. */

import { PROGRAM } from '../../shared/errors.ts';

export function shellCommand(args: readonly string[]): string {
  return [PROGRAM, ...args.map(quoted)].join(' ');
}

function quoted(arg: string): string {
  // PowerShell reads a word behind @ as a variable.
  const isPlain = /^[\w@%+=:,./-]+$/.test(arg) && !(process.platform === 'win32' && arg.startsWith('@'));
  if (isPlain) return arg;
  // PowerShell and cmd know no backslash before a quote, POSIX shells expand inside double quotes.
  return process.platform === 'win32' ? `"${arg}"` : `'${arg.replaceAll("'", "'\\''")}'`;
}
