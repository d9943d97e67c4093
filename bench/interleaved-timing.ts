/**
 * Timing on a machine that others use too: the contenders take turns, A B A B ..., each turn by two clocks.
 *
 * Ratios are of processor time, at one thread: what waits for a core does not age by it. Wall-clock ratios fell apart
 * on two cores with a load of ten: the same training step took 0.7 and 37 times its forward pass.
 */

import { availableParallelism, loadavg } from 'node:os';

export interface Duration {
  readonly wallMs: number;
  /** Processor time of all threads of the process. Threads that spin while they wait count too: compare at one thread. */
  readonly processorMs: number;
}

export interface Timing {
  /** The shortest of all turns, by each clock. */
  readonly fastest: Duration;
  readonly median: Duration;
  readonly turns: number;
}

export interface Turns {
  /** Turns of each contender; the first one of each comes on top and is not counted. */
  readonly atLeast: number;
  /** After `atLeast` turns no new one begins once this much time has passed. */
  readonly budgetMs: number;
}

/** Work in another process answers its own duration. */
export type Contender = () => Promise<Duration | undefined>;

export async function takeTurns<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { atLeast, budgetMs }: Turns,
): Promise<Record<Name, Timing>> {
  const runs = Object.entries(contenders) as [Name, Contender][];
  const durations = new Map<Name, Duration[]>(runs.map(([name]) => [name, []]));
  for (const [, run] of runs) await run();
  const start = performance.now();
  for (let turn = 0; turn < atLeast || performance.now() - start < budgetMs; turn++) {
    for (const [name, run] of runs) durations.get(name)!.push(await timed(run));
  }
  return Object.fromEntries(runs.map(([name]) => [name, summary(durations.get(name)!)])) as Record<
    Name,
    Timing
  >;
}

async function timed(run: Contender): Promise<Duration> {
  const wall = performance.now();
  const processor = process.cpuUsage();
  const own = await run();
  const { user, system } = process.cpuUsage(processor);
  return own ?? { wallMs: performance.now() - wall, processorMs: (user + system) / 1000 };
}

function summary(durations: readonly Duration[]): Timing {
  const sorted = (clock: keyof Duration) =>
    durations.map((duration) => duration[clock]).sort((a, b) => a - b);
  const [wall, processor] = [sorted('wallMs'), sorted('processorMs')];
  const middle = durations.length >> 1;
  return {
    fastest: { wallMs: wall[0]!, processorMs: processor[0]! },
    median: { wallMs: wall[middle]!, processorMs: processor[middle]! },
    turns: durations.length,
  };
}

/** Processor time of the first over that of the second, by the median turns. */
export function processorRatio(first: Timing, second: Timing): number {
  return first.median.processorMs / second.median.processorMs;
}

/** The same by the shortest turns: where it differs much from `processorRatio`, neither is to be trusted. */
export function shortestProcessorRatio(first: Timing, second: Timing): number {
  return first.fastest.processorMs / second.fastest.processorMs;
}

export function wallRatio(first: Timing, second: Timing): number {
  return first.median.wallMs / second.median.wallMs;
}

/** More work waits than there are cores; the bench's own accounts for one each. */
export function isBusy(): boolean {
  return loadavg()[0]! > availableParallelism() * 1.25;
}
