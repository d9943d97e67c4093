/** `likeness start` as people run it: a process, its words, its end. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { PROTOCOL_VERSION } from '../../shared/protocol/connection.ts';
import { nanoModel, needsNano, withoutNano } from '../engine/golden-model.ts';
import { freePort } from './free-port.ts';

const program = fileURLToPath(new URL('../../bin/likeness.mjs', import.meta.url));

interface Started {
  readonly child: ChildProcess;
  readonly exit: Promise<number>;
  /** Standard output and standard error as they came. */
  readonly words: { text: string };
  /** The first JSON event of this type. */
  event(type: string): Promise<Readonly<Record<string, unknown>>>;
}

let home: string;
let port: number;
let running: Started[];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'likeness-start-'));
  port = await freePort();
  running = [];
});
afterEach(async () => {
  for (const { child, exit } of running) {
    child.kill('SIGKILL');
    await exit;
  }
  await rm(home, { recursive: true });
});

function start(...args: string[]): Started {
  const given = ['start', '--model', nanoModel, '--device', 'cpu', '--port', String(port), ...args];
  const child = spawn(process.execPath, [program, ...given], {
    env: { ...process.env, LIKENESS_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const words = { text: '' };
  const events: Record<string, unknown>[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    words.text += chunk;
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    words.text += `${line}\n`;
    if (line.startsWith('{')) events.push(JSON.parse(line) as Record<string, unknown>);
  });
  const exit = once(child, 'close').then(([code]) => code as number);
  const ended = exit.then((code) => {
    throw new Error(`it ended with ${code}: ${words.text}`);
  });
  // Nobody may be waiting for an event when it ends.
  ended.catch(() => {});
  const event = async (type: string) => {
    for (;;) {
      const found = events.find((one) => one.type === type);
      if (found !== undefined) return found;
      await Promise.race([once(lines, 'line'), ended]);
    }
  };
  const started = { child, exit, words, event };
  running.push(started);
  return started;
}

describe.skipIf(withoutNano)(`likeness start (${needsNano})`, () => {
  it('ends when it cannot serve, and does no job unseen', async () => {
    const job = 'job-aaaaaaaa';
    const request = { prompt: 'a mug on a beach', count: 8, seed: 1, strength: 1, mask: 'off' };
    const state = {
      kind: 'generate',
      job,
      status: { state: 'queued', position: 0 },
      createdAt: new Date().toISOString(),
      startedAt: null,
      endedAt: null,
      model: 'nano',
      request,
      concepts: [],
      pictures: [],
    };
    await mkdir(join(home, 'jobs', job), { recursive: true });
    const file = join(home, 'jobs', job, 'job.json');
    await writeFile(file, JSON.stringify({ schema: 1, state, uploads: [], pictures: [] }));
    await mkdir(join(home, 'clients.json'));
    const companion = start();
    expect(await companion.exit).not.toBe(0);
    expect(companion.words.text).toContain('clients.json');
  });

  it('serves, says where and with which code, and ends with 0 when it is stopped', async () => {
    const companion = start('--json');
    const { studio, manifest } = await companion.event('listening');
    expect((await companion.event('pairing-code')).code).toMatch(/^[0-9]{6}$/);
    expect(studio).toBe(`http://localhost:${port}`);
    expect(await (await fetch(`${studio}/health`)).json()).toEqual({
      name: 'likeness',
      protocol: PROTOCOL_VERSION,
    });
    expect(await (await fetch(`${studio}/`)).text()).toContain('<!doctype html>');

    expect(manifest).toBe(join(home, 'figma-plugin', 'manifest.json'));
    const { main, ui } = JSON.parse(await readFile(manifest as string, 'utf8')) as Record<string, string>;
    for (const file of [main, ui]) expect(existsSync(join(home, 'figma-plugin', file!))).toBe(true);

    companion.child.kill('SIGTERM');
    expect(await companion.exit).toBe(0);
    await expect(fetch(`${studio}/health`)).rejects.toThrow();
    expect(existsSync(join(home, 'companion.json'))).toBe(false);
  });

  it('says so where it is running already, on whatever port', async () => {
    await start('--json').event('listening');
    const second = start();
    expect(await second.exit).toBe(2);
    expect(second.words.text).toContain(`Likeness is running already, at http://localhost:${port}`);
    const elsewhere = start('--port', '1024');
    expect(await elsewhere.exit).toBe(2);
    expect(elsewhere.words.text).toContain('running already');
  });

  it('shows people the studio, the code in two halves, and three steps', async () => {
    const companion = start();
    while (!companion.words.text.includes('Ctrl-C')) await once(companion.child.stdout!, 'data');
    const { text } = companion.words;
    expect(text).toContain(`http://localhost:${port}`);
    expect(text).toMatch(/Pairing code {2}\d{3} \d{3}/);
    expect(text).toContain(join(home, 'figma-plugin', 'manifest.json'));
    expect(text).toMatch(/1 {2}Plugins.*\n.*2 {2}Choose.*\n.*3 {2}Plugins/);
    companion.child.kill('SIGINT');
    expect(await companion.exit).toBe(0);
  });
});
