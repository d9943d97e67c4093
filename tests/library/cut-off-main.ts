/**
 * Runs one operation (second argument) on the library in a folder (first one), and is killed at the write with a number
 * (third): before it, and of bytes after the first half. At 0 it is not killed, and prints how many writes there were. The
 * operation `nothing` opens the library and looks at it.
 */

import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const [folder, operation, place] = process.argv.slice(2) as [string, string, string];
let writes = 0;

function isLast(): boolean {
  writes += 1;
  return writes === Number(place);
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

type Call = (...args: unknown[]) => unknown;

function guard(
  target: Record<string, Call>,
  name: string,
  isWrite: (args: unknown[]) => boolean = () => true,
) {
  const original = target[name]!;
  target[name] = function (this: unknown, ...args: unknown[]) {
    if (isWrite(args) && isLast()) die();
    return original.apply(this, args);
  };
}

const calls = fs as unknown as Record<string, Call>;
for (const name of ['rename', 'link', 'rm', 'rmdir', 'mkdir', 'unlink', 'utimes', 'chmod'])
  guard(calls, name);
guard(calls, 'open', ([, flags]) => typeof flags === 'string' && flags !== 'r');
const handle = await fs.open(process.execPath, 'r');
const handles = Object.getPrototypeOf(handle) as Record<string, Call>;
await handle.close();
for (const name of ['writeFile', 'appendFile']) {
  const original = handles[name]!;
  handles[name] = async function (this: FileHandle, bytes: unknown) {
    if (!isLast()) return original.call(this, bytes);
    const whole = Buffer.from(bytes as Uint8Array);
    await original.call(this, whole.subarray(0, whole.length / 2));
    die();
  };
}
syncBuiltinESMExports();

const { OPERATIONS, openLibrary } = await import('./cut-off-operations.ts');
const library = openLibrary(folder);
await (operation === 'nothing' ? library.list() : OPERATIONS[operation]!(library, folder));
process.stdout.write(String(writes));
