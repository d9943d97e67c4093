/** The companion under a client that means harm: how long the others wait, and how much memory is held. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TestClient } from '../../tests/server/test-client.ts';
import { isBusy } from '../interleaved-timing.ts';
import type { Row, Subject, Target } from '../subject.ts';

/** As bench/server/attacker.ts calls them. */
const ATTACKS = [
  'nobody else',
  'pings, answers unread',
  'pings of the socket, answers unread',
  'fifteen sockets of pings, answers read',
  'forty pictures of 12 MiB, unread',
  'six requests at a time, for ever',
  'six hundred silent connections',
] as const;

const MAX_ANSWER_MS = 100;
/** What is kept for one client, and as much again for the processes' own ups and downs. */
const MAX_HELD_GB = 0.15;
const BETWEEN_ASKS_MS = 20;

export const server: Subject = async function* ({ quick, progress }) {
  const seconds = quick ? 2 : 8;
  const rows: Row[] = [];
  const targets: Target[] = [];
  for (const attack of ATTACKS) {
    progress(`server: ${attack}`);
    const unsure = isBusy();
    const { answersMs, heldBytes } = await measure(attack, seconds);
    const sorted = [...answersMs].sort((one, other) => one - other);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    const heldGb = heldBytes / 1e9;
    const figures = { answers: sorted.length, median_ms: at(0.5), p99_ms: at(0.99), worst_ms: at(1) };
    rows.push({ case: attack, figures: { ...figures, held_gb: heldGb } });
    const answer = { unit: 'ms', limit: MAX_ANSWER_MS, direction: 'at most', unsure } as const;
    targets.push({ ...answer, name: `${attack}: others' answer, 99 of 100`, measured: figures.p99_ms });
    targets.push({
      name: `${attack}: memory held`,
      measured: heldGb,
      unit: 'GB',
      limit: MAX_HELD_GB,
      direction: 'at most',
    });
  }
  yield {
    title: 'the companion under attack: what another client waits for its answers',
    rows,
    targets,
    note: `Over ${seconds} s: /health and a ping over the socket in turn. Held is the most above the memory before.`,
  };
};

async function measure(attack: string, seconds: number) {
  const companion = forkOf('companion.ts');
  const [{ port, tokens }] = (await once(companion, 'message')) as [
    { readonly port: number; readonly tokens: { readonly attacker: string; readonly other: string } },
  ];
  const other = await TestClient.connect(port, tokens.other);
  const before = await memoryOf(companion);
  const attacker = forkOf('attacker.ts', attack, String(port), tokens.attacker);
  await once(attacker, 'message');
  const answersMs: number[] = [];
  let mostBytes = before;
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    answersMs.push(await timed(async () => void (await fetch(`http://localhost:${port}/health`)).text()));
    answersMs.push(await timed(() => pingPong(other)));
    mostBytes = Math.max(mostBytes, await memoryOf(companion));
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_ASKS_MS));
  }
  attacker.kill('SIGKILL');
  await other.close();
  companion.disconnect();
  await once(companion, 'exit');
  return { answersMs, heldBytes: mostBytes - before };
}

function forkOf(file: string, ...args: readonly string[]): ChildProcess {
  const entry = fileURLToPath(new URL(`../server/${file}`, import.meta.url));
  return fork(entry, args, { execArgv: ['--import', 'tsx'] });
}

async function memoryOf(companion: ChildProcess): Promise<number> {
  companion.send('memory');
  const [{ bytes }] = (await once(companion, 'message')) as [{ readonly bytes: number }];
  return bytes;
}

async function pingPong(client: TestClient): Promise<void> {
  client.told.length = 0;
  client.send({ type: 'ping' });
  await client.until('pong');
}

async function timed(act: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}
