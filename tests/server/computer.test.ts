/** The computer's routes over the real server, and `likeness start` that is ended and replaced as people do it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { computerSchema, shownCodeSchema } from '../../shared/protocol/computer.ts';
import { pairedSchema } from '../../shared/protocol/http.ts';
import { BINARY, likeness, temporaryFolder } from '../cli/binary.ts';
import { NEEDS_MODEL, SMALL_MODEL } from '../cli/small-model.ts';
import { PLUGIN_ORIGIN, usePairedServer } from './running-server.ts';

const running = usePairedServer();

function ask(
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${running.address}${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: {
      Authorization: `Bearer ${running.token}`,
      Origin: PLUGIN_ORIGIN,
      'Content-Type': 'application/json',
      ...headers,
    },
  });
}

describe('the computer, to a client', () => {
  it('says where things lie and what they take', async () => {
    await mkdir(join(running.home, 'models'), { recursive: true });
    await writeFile(join(running.home, 'models/weights'), new Uint8Array(1_234));
    const computer = computerSchema.parse(await (await ask('/api/computer')).json());
    expect(computer.version).toBe('0.1.0');
    expect(computer.folders.find(({ name }) => name === 'models')).toEqual({
      name: 'models',
      path: join(running.home, 'models'),
      sizeBytes: 1_234,
    });
    expect(computer.startsAtLogin).toBe(false);
  });

  it('starts Likeness at login where it is asked to, and no longer', async () => {
    const isOn = async () => computerSchema.parse(await (await ask('/api/computer')).json()).startsAtLogin;
    expect((await ask('/api/computer/start-at-login', { on: true })).status).toBe(204);
    expect(await isOn()).toBe(true);
    expect((await ask('/api/computer/start-at-login', { on: false })).status).toBe(204);
    expect(await isOn()).toBe(false);
  });

  it('gives a code that pairs one more program', async () => {
    const { code } = shownCodeSchema.parse(await (await ask('/api/computer/code', {})).json());
    expect(running.codes.at(-1)).toBe(code);
    const answer = await ask('/api/pair', { code, client: { name: 'another', version: '0.1.0' } });
    expect(pairedSchema.parse(await answer.json()).token).not.toBe(running.token);
  });

  it('opens its own folders alone', async () => {
    for (const folder of ['/etc', '../..', 'home', '']) {
      expect((await ask('/api/computer/open', { folder })).status).toBe(400);
    }
  });

  it('is nothing for strangers', async () => {
    const stranger = { Authorization: '' };
    expect((await ask('/api/computer', undefined, stranger)).status).toBe(401);
    for (const end of ['start-at-login', 'open', 'code', 'leave']) {
      expect((await ask(`/api/computer/${end}`, { remove: 'everything' }, stranger)).status).toBe(401);
    }
    expect(running.left).toEqual([]);
  });

  it('ends the companion after the answer', async () => {
    expect((await ask('/api/computer/leave', { remove: 'nothing' })).status).toBe(204);
    expect(running.left).toEqual([{ remove: 'nothing' }]);
  });
});

describe.skipIf(SMALL_MODEL === undefined || process.platform === 'win32')(
  `the companion as people start and end it (${NEEDS_MODEL})`,
  () => {
    /** @param opener folder with the command that would open a browser */
    async function started(home: string, ...more: readonly string[]) {
      const opener = join(home, 'opener');
      await mkdir(opener, { recursive: true });
      await writeFile(join(opener, 'xdg-open'), `#!/bin/sh\necho "$1" >> ${join(home, 'opened')}\n`);
      await chmod(join(opener, 'xdg-open'), 0o755);
      const args = ['start', '--json', '--port', '0', '--model', SMALL_MODEL!, '--device', 'cpu', ...more];
      const child = spawn(process.execPath, [BINARY, ...args], {
        cwd: home,
        env: {
          PATH: `${opener}${delimiter}${process.env.PATH}`,
          HOME: join(home, 'user'),
          LIKENESS_HOME: join(home, 'data'),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      let complaints = '';
      child.stderr.on('data', (text: Buffer) => (complaints += text));
      const exit = once(child, 'exit').then(([status]) => status as number);
      let code = '';
      for await (const line of createInterface(child.stdout)) {
        const event = JSON.parse(line) as { type: string; code?: string; studio?: string };
        if (event.type === 'pairing-code') code = event.code!;
        if (event.type !== 'listening') continue;
        child.stdout.resume();
        return { studio: event.studio!, code, exit, complaints: () => complaints };
      }
      throw new Error(`it ended before it listened: ${complaints}`);
    }

    async function post(studio: string, path: string, body: unknown, bearer = ''): Promise<Response> {
      return fetch(`${studio}${path}`, {
        method: 'POST',
        headers: {
          Origin: PLUGIN_ORIGIN,
          'Content-Type': 'application/json',
          Authorization: `Bearer ${bearer}`,
        },
        body: JSON.stringify(body),
      });
    }

    async function paired(studio: string, code: string): Promise<string> {
      const answer = await post(studio, '/api/pair', { code, client: { name: 'test', version: '1' } });
      return pairedSchema.parse(await answer.json()).token;
    }

    it('ends from the panel; "everything" takes what it kept and its start at login along', async () => {
      const home = temporaryFolder();
      const { studio, code, exit } = await started(home);
      const bearer = await paired(studio, code);
      await post(studio, '/api/computer/start-at-login', { on: true }, bearer);
      const entry = join(home, 'user/.config/autostart/likeness.desktop');
      expect(await readFile(entry, 'utf8')).toContain('likeness.mjs');
      await post(studio, '/api/computer/leave', { remove: 'everything' }, bearer);
      expect(await exit).toBe(0);
      expect(existsSync(entry)).toBe(false);
      expect(existsSync(join(home, 'data'))).toBe(false);
    });

    it('is stopped by a command, and there is nothing to stop after that', async () => {
      const home = temporaryFolder();
      const { exit } = await started(home);
      const stop = await likeness(['stop'], { home });
      expect(stop.stdout).toContain('has stopped');
      expect(await exit).toBe(0);
      expect((await likeness(['stop'], { home })).stdout).toContain('No companion is running');
    });

    it('makes room for a newer one that is opened, and is shown by one that is not newer', async () => {
      const home = temporaryFolder();
      const first = await started(home);
      const env = {
        PATH: `${join(home, 'opener')}${delimiter}${process.env.PATH}`,
        HOME: join(home, 'user'),
      };
      const same = await likeness(['start', '--open', '--port', '0', '--model', SMALL_MODEL!], { home, env });
      expect(same.stderr).toContain('running already');
      expect(same.exitCode).toBe(0);
      const record = join(home, 'data/companion.json');
      const { version, ...rest } = JSON.parse(await readFile(record, 'utf8')) as Record<string, unknown>;
      expect(version).toMatch(/^\d+\.\d+/);
      await writeFile(record, JSON.stringify({ ...rest, version: '0.0.9' }));
      const second = await started(home, '--open');
      expect(await first.exit).toBe(0);
      await expect.poll(second.complaints).toContain('0.0.9 is running');
      expect(await paired(second.studio, second.code)).toMatch(/./);
    });
  },
);

describe('without a companion', () => {
  it.skipIf(process.platform === 'win32')('autostart and uninstall say what they did', async () => {
    const home = temporaryFolder();
    const env = { HOME: join(home, 'user') };
    const on = await likeness(['autostart', 'on'], { home, env });
    expect(on.stdout).toContain('starts when you log in');
    expect((await likeness(['autostart', 'maybe'], { home, env })).exitCode).not.toBe(0);
    await mkdir(join(home, 'data/concepts'), { recursive: true });
    const kept = await likeness(['uninstall'], { home, env });
    expect(kept.stdout).toContain(`is kept in ${join(home, 'data')}`);
    expect(kept.stdout).toContain('Last step');
    expect((await likeness(['autostart'], { home, env })).stdout).toContain('does not start');
    await likeness(['uninstall', '--data', 'remove'], { home, env });
    expect(existsSync(join(home, 'data'))).toBe(false);
  });
});
