/** The real program as a child process, as people and scripts run it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { CommandLine } from '../../companion/cli/program.ts';
import { run } from '../../companion/cli/run.ts';

export const BINARY = fileURLToPath(new URL('../../bin/likeness.mjs', import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout's lines, parsed. */
  readonly events: readonly Event[];
}

export interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface RunOptions {
  /** Data folder; the working folder, too. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with every JSON event while the program runs. */
  readonly whenEvent?: (event: Event, child: ChildProcess) => void;
}

export function likeness(args: readonly string[], { home, env, whenEvent }: RunOptions): Promise<Ended> {
  const child = spawn(process.execPath, [BINARY, ...args], {
    cwd: home,
    env: environment(home, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let told = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const complete = stdout.split('\n').slice(0, -1);
    for (; whenEvent !== undefined && told < complete.length; told++) {
      whenEvent(JSON.parse(complete[told]!) as Event, child);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve(ended(args, exitCode, stdout, stderr)));
  });
}

/**
 * The same in this process, which saves a start of a second and more. It proves nothing of what only a process has: that it
 * ends, that a signal reaches it, that its output gets out before it ends.
 */
export async function runInside(
  args: readonly string[],
  { home, env, commandLine }: Partial<Pick<RunOptions, 'home' | 'env'>> & { commandLine?: CommandLine } = {},
): Promise<Ended> {
  const stdout = new Collected();
  const stderr = new Collected();
  const before = { env: process.env, exitCode: process.exitCode, folder: process.cwd() };
  process.env = environment(home, env);
  process.exitCode = undefined;
  if (home !== undefined) process.chdir(home);
  try {
    const returned = await run(args, { stdout, stderr }, commandLine);
    const exitCode = returned ?? Number(process.exitCode ?? 0);
    return ended(args, exitCode, stdout.text, stderr.text);
  } finally {
    process.chdir(before.folder);
    process.env = before.env;
    process.exitCode = before.exitCode;
  }
}

class Collected extends Writable {
  text = '';

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

/** Nothing of the person's own: tokens, colours, another hub. */
function environment(home: string | undefined, env: RunOptions['env'] = {}): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    ...(home !== undefined && { LIKENESS_HOME: join(home, 'data'), HF_HOME: join(home, 'huggingface') }),
    ...env,
  };
}

function ended(args: readonly string[], exitCode: number | null, stdout: string, stderr: string): Ended {
  const lines = args.includes('--json') ? stdout.split('\n').filter((line) => line !== '') : [];
  return { exitCode, stdout, stderr, events: lines.map((line) => JSON.parse(line) as Event) };
}

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
