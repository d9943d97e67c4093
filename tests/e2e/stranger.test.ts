/** Strangers on an earlier port than the companion's, in a real browser: they learn nothing that opens the companion. */

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { buildPlugin } from '../../plugin/build.ts';
import { HOST, PORTS, SOCKET_PATH } from '../../shared/protocol/connection.ts';
import { freePort, isFree, lockPluginPorts } from '../server/free-port.ts';
import { cannotRun } from './bench-table.ts';
import { CompanionProcess } from './companion-process.ts';
import { FigmaHost, FigmaPage } from './figma-page.ts';
import { openBrowser, openContext } from './headless-browser.ts';
import { Stranger } from './stranger.ts';
import { StudioDriver } from './studio-driver.ts';

/** Two of the plugin's ports, in its order: Figma reaches no others. */
async function twoPorts(): Promise<readonly [number, number] | undefined> {
  const free: number[] = [];
  for (const port of PORTS) if (await isFree(port)) free.push(port);
  return free.length < 2 ? undefined : [free[0]!, free[1]!];
}

const unlockPorts = cannotRun === undefined ? await lockPluginPorts() : undefined;
const ports = unlockPorts && (await twoPorts());
if (ports === undefined) await unlockPorts?.();
const reason = cannotRun ?? (ports === undefined ? 'other programs have the plugin’s ports' : undefined);

/** Tries everything that a stranger has heard on the companion itself. Gives what opened it: nothing. */
async function openedWith(
  heard: string,
  messages: readonly string[],
  port: number,
): Promise<readonly string[]> {
  const address = `http://${HOST}:${port}`;
  const opened: string[] = [];
  const words = new Set(heard.match(/[\w-]{6,}/g) ?? []);
  for (const word of words) {
    const headers = { Authorization: `Bearer ${word}` };
    if ((await fetch(`${address}/api/concepts`, { headers })).ok) opened.push(word);
    if (!/^\d{6}$|^9\d{14}$/.test(word)) continue;
    const body = JSON.stringify({ code: word, client: { name: 'x', version: '1' } });
    const sent = { Origin: 'null', 'Content-Type': 'application/json' };
    if ((await fetch(`${address}/api/pair`, { method: 'POST', headers: sent, body })).ok) opened.push(word);
  }
  // Requests as they were, pairing among them.
  for (const [body] of heard.matchAll(/\{"by":.*?\}\}?(?=\r|\n|$|[A-Z])/g)) {
    const sent = { Origin: 'null', 'Content-Type': 'application/json' };
    const answer = await fetch(`${address}/api/pair/proof`, { method: 'POST', headers: sent, body });
    if (answer.ok) opened.push(body);
  }
  const told = await new Promise<string>((resolve) => {
    const socket = new WebSocket(`ws://${HOST}:${port}${SOCKET_PATH}`, { headers: { Origin: 'null' } });
    let all = '';
    socket.on('open', () => {
      for (const message of messages) socket.send(message);
    });
    socket.on('message', (data: Buffer) => {
      all += data.toString('utf8');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(all));
  });
  if (told.includes('"welcome"')) opened.push('the messages of its socket');
  return opened;
}

describe.skipIf(reason)(`a stranger on an earlier port${reason ? ` (skipped: ${reason})` : ''}`, () => {
  const [early, own] = ports ?? [0, 0];
  let home: string;
  let companion: CompanionProcess;
  let browser: Browser;
  let host: FigmaHost;
  let context: BrowserContext;
  let stranger: Stranger | undefined;

  beforeAll(async () => {
    await buildPlugin();
    browser = await openBrowser();
    host = await FigmaHost.start();
  });
  afterAll(async () => {
    await browser?.close();
    await host?.stop();
    await unlockPorts?.();
  });
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'likeness-stranger-'));
    companion = await CompanionProcess.start(home, own);
    context = await openContext(browser, { width: 376, height: 640 });
    // Whoever runs the tests may be using the third.
    for (const other of PORTS.filter((port) => port !== early && port !== own)) {
      await context.route(`http://${HOST}:${other}/**`, (route) => route.abort());
    }
  });
  afterEach(async () => {
    await context.close();
    await stranger?.close();
    stranger = undefined;
    await companion.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  });

  /** Pairs, and gives what the plugin keeps. */
  async function paired(): Promise<string> {
    const figma = await FigmaPage.open(context, host, null);
    await figma.panel.getByLabel('Code', { exact: true }).fill(companion.code);
    await figma.atWork();
    await expect.poll(() => figma.pairing()).not.toBeNull();
    const kept = await figma.pairing();
    await figma.page.close();
    return kept;
  }

  const tokenOf = (kept: string) =>
    (JSON.parse(kept) as { pairings: { token: string }[] }).pairings[0]!.token;
  /** As if the plugin had found its companion on the stranger's port the last time. */
  const seenEarly = (kept: string) => kept.replace(`"port":${own}`, `"port":${early}`);

  it.each([
    ['that says yes to everything', () => Stranger.plausible(early), 'POST /api/pair/proof'],
    ['that passes everything on', () => Stranger.relay(early, own), 'POST /api/pair/proof'],
    ['that answers health alone', () => Stranger.plausible(early, { silent: true }), 'POST /api/pair/share'],
  ])('%s learns nothing, from the first code on', async (_, begin, asked) => {
    stranger = await begin();
    const kept = await paired();
    expect(JSON.parse(kept)).toMatchObject({ pairings: [{ port: own }] });

    // Another start, which asks the stranger first.
    const again = await FigmaPage.open(context, host, seenEarly(kept));
    await again.atWork();
    await expect.poll(async () => JSON.parse(await again.pairing())).toEqual(JSON.parse(kept));

    // The companion is killed under it, while the stranger goes on answering, and is started again.
    await companion.kill();
    await again.panel.getByText('The companion does not answer').waitFor();
    companion = await CompanionProcess.start(home, own);
    await again.atWork();

    // It was asked for all that it could be: the pairing, and a handshake.
    for (const part of [asked, SOCKET_PATH]) await expect.poll(() => stranger?.text).toContain(part);
    for (const secret of [tokenOf(kept), companion.code]) expect(stranger.text).not.toContain(secret);
    expect(await openedWith(stranger.text, stranger.messages, own)).toEqual([]);
    // Nor did it make the plugin forget anything.
    expect(JSON.parse(await again.pairing())).toEqual(JSON.parse(kept));
  });

  it('that refuses what the plugin has makes it forget nothing', async () => {
    const kept = await paired();
    await companion.kill();
    stranger = await Stranger.plausible(early, { refuses: true });
    const figma = await FigmaPage.open(context, host, seenEarly(kept));
    // Alone, it may ask for a code; the search for the plugin's own goes on meanwhile.
    await figma.panel.getByLabel('Code', { exact: true }).waitFor();
    expect(await figma.pairing()).toBe(seenEarly(kept));
    companion = await CompanionProcess.start(home, own);
    await figma.atWork();
    await expect.poll(async () => JSON.parse(await figma.pairing())).toEqual(JSON.parse(kept));
  });

  it('is told nothing by a plugin of the version before, whose token is good for its own companion', async () => {
    const body = JSON.stringify({
      code: companion.code,
      client: { name: 'Likeness plugin', version: '0.1.0' },
    });
    const headers = { Origin: 'null', 'Content-Type': 'application/json' };
    const answer = await fetch(`${companion.studio}/api/pair`, { method: 'POST', headers, body });
    const { token } = (await answer.json()) as { token: string };
    stranger = await Stranger.plausible(early);
    const figma = await FigmaPage.open(context, host, token);
    await figma.atWork();
    await expect
      .poll(async () => JSON.parse(await figma.pairing()))
      .toMatchObject({ pairings: [{ token, port: own }] });
    expect(stranger.text).not.toContain(token);
  });
});

describe.skipIf(cannotRun ?? (process.platform === 'linux' ? false : 'xdg-open'))(
  'a page that --open opens',
  () => {
    it('pairs itself, and shows nothing of how', async () => {
      const home = await mkdtemp(join(tmpdir(), 'likeness-open-'));
      const opener = await mkdtemp(join(tmpdir(), 'likeness-opener-'));
      const file = join(opener, 'address');
      await writeFile(
        join(opener, 'xdg-open'),
        `#!/bin/sh\nprintf %s "$1" > ${file}.part && mv ${file}.part ${file}\n`,
      );
      await chmod(join(opener, 'xdg-open'), 0o755);
      const companion = await CompanionProcess.start(home, await freePort(), { opener });
      const browser = await openBrowser();
      try {
        await expect.poll(() => readFile(file, 'utf8').catch(() => '')).toMatch(/#pair=[\w-]{43}$/);
        const address = await readFile(file, 'utf8');
        const context = await openContext(browser);
        for (const port of PORTS) await context.route(`http://${HOST}:${port}/**`, (route) => route.abort());
        const studio = await StudioDriver.open(context, address);
        await studio.plugin.getByRole('tab', { name: 'Generate' }).waitFor();
        expect(studio.page.url()).toBe(`${companion.studio}/`);
        // From then on it is paired as others are.
        await studio.page.reload();
        await studio.plugin.getByRole('tab', { name: 'Generate' }).waitFor();
        expect(studio.errors).toEqual([]);
        const readLog = () => readFile(join(home, 'logs', 'companion.log'), 'utf8');
        await expect.poll(readLog).toContain('paired by link');
        expect(await readLog()).not.toContain(address.split('#pair=')[1]);
      } finally {
        await browser.close();
        await companion.stop();
        for (const folder of [home, opener])
          await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    });
  },
);
