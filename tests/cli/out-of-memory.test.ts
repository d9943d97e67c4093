import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { type Event, likeness, type RunOptions, temporaryFolder } from './binary.ts';
import { writeFrames } from './picture-files.ts';

/** Only there can a process that runs be held to an amount of memory. */
const CAN_LIMIT = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

/** More than 32 samples at once need, and less. */
const [PLENTY, SHORT] = [8e9, 0.6e9];

/** Refuses the process more than so much on top of what it has. */
function limitMemory({ pid }: ChildProcess, moreBytes: number): void {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = 1024 * Number(/VmData:\s+(\d+) kB/.exec(status)![1]);
  execFileSync('prlimit', ['--pid', `${pid}`, `--data=${bytes + moreBytes}:`]);
}

/** As when another program gave its memory back: the limit leaves too little for a thread of the pictures' library, too. */
function freeMemory({ pid }: ChildProcess): void {
  execFileSync('prlimit', ['--pid', `${pid}`, '--data=unlimited:']);
}

async function teach(home: string, frames: string, moreBytes: number): Promise<readonly Event[]> {
  const whenEvent: RunOptions['whenEvent'] = ({ type }, child) => {
    if (type === 'memory-plan') limitMemory(child, moreBytes);
    if (type === 'step') freeMemory(child);
  };
  const out = join(home, `${moreBytes}.safetensors`);
  const run = ['--steps', '2', '--batch-size', '32', '--model', join(EMBEDDED_MODELS, DEFAULT_MODEL)];
  const engine = ['--device', 'cpu', '--threads', '2', '--out', out, '--json'];
  const flags = ['--name', 'aurora', '--class', 'mug', ...run, ...engine];
  const { events, exitCode, stderr } = await likeness(['teach', frames, ...flags], { home, whenEvent });
  expect(exitCode, stderr).toBe(0);
  expect(/Memory ran out: going on with \d+ samples at a time/.test(stderr)).toBe(moreBytes === SHORT);
  return events;
}

it.skipIf(!CAN_LIMIT)('teaches the same in a leaner way when memory runs out in between', async () => {
  const home = temporaryFolder();
  const frames = await writeFrames(home, 2);
  const roomy = await teach(home, frames, PLENTY);
  expect(roomy.map(({ type }) => type)).not.toContain('memory-short');
  const short = await teach(home, frames, SHORT);
  const plan = short.find(({ type }) => type === 'memory-plan')!.plan as { estimatedBytes: number };
  const leaner = short.filter(({ type }) => type === 'memory-short');
  expect(leaner.length).toBeGreaterThan(0);
  for (const event of leaner) {
    expect((event.plan as typeof plan).estimatedBytes).toBeLessThan(plan.estimatedBytes);
  }
  const lossOf = (events: readonly Event[]) => events.at(-1)!.finalLoss;
  expect(lossOf(short)).toBeCloseTo(lossOf(roomy) as number, 4);
});
