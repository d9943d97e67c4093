/** The real program as a child process, as people and scripts run it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
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
    env: { PATH: process.env.PATH, LIKENESS_HOME: join(home, 'data'), ...env },
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
    child.once('close', (exitCode) => {
      const lines = args.includes('--json') ? stdout.split('\n').filter((line) => line !== '') : [];
      resolve({ exitCode, stdout, stderr, events: lines.map((line) => JSON.parse(line) as Event) });
    });
  });
}

/** The same without a process of its own: for what ends before any work begins, which a start would only slow down. */
export async function runInside(args: readonly string[]): Promise<Omit<Ended, 'events'>> {
  const stdout = new PassThrough({ encoding: 'utf8' });
  const stderr = new PassThrough({ encoding: 'utf8' });
  const exitCode = await run(args, { stdout, stderr });
  return { exitCode: exitCode ?? 0, stdout: stdout.read() ?? '', stderr: stderr.read() ?? '' };
}

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
