/** The command line itself: what is known of it before its options are parsed, and how to repeat it. */

import { PROGRAM } from '../../../shared/program.ts';

/** Before `--`, behind which everything is a picture or a prompt. */
export function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).includes('--json');
}

/** Command that shows the help of the command that was meant; npm hands options on only behind `--`. */
export function helpCommand(program: string, args: readonly string[], commands: readonly string[]): string {
  const command = args.find((arg) => commands.includes(arg));
  if (command === undefined) return `${program} --help`;
  return program.endsWith(' --') ? `${program} ${command} --help` : `${program} ${command} -- --help`;
}

/** The command as a shell takes it. */
export function repeatCommand(args: readonly string[]): string {
  return [PROGRAM, ...args.map(quoted)].join(' ');
}

function quoted(arg: string): string {
  if (/^[\w@%+=:,./-]+$/.test(arg)) return arg;
  // PowerShell and cmd know no backslash before a quote, POSIX shells expand inside double quotes.
  return process.platform === 'win32' ? `"${arg}"` : `'${arg.replaceAll("'", "'\\''")}'`;
}
