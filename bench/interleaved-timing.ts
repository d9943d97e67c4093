/**
 * Timing on a machine that others use too: the contenders take turns, A B A B ..., so that whatever else runs
 * slows them alike. Ratios are taken from the fastest turn of each, the one least disturbed.
 */

export interface Timing {
  readonly fastestMs: number;
  readonly medianMs: number;
  readonly turns: number;
}

export interface Turns {
  /** Turns of each contender; the first one of each comes on top and is not counted. */
  readonly atLeast: number;
  /** After `atLeast` turns no new one begins once this much time has passed. */
  readonly budgetMs: number;
}

export async function takeTurns<Name extends string>(
  contenders: Readonly<Record<Name, () => Promise<unknown>>>,
  { atLeast, budgetMs }: Turns,
): Promise<Record<Name, Timing>> {
  const runs = Object.entries(contenders) as [Name, () => Promise<unknown>][];
  const durations = new Map<Name, number[]>(runs.map(([name]) => [name, []]));
  for (const [, run] of runs) await run();
  const start = performance.now();
  for (let turn = 0; turn < atLeast || performance.now() - start < budgetMs; turn++) {
    for (const [name, run] of runs) {
      // A contender may time itself, where calling it costs more than its work (another process).
      const before = performance.now();
      const own = await run();
      durations.get(name)!.push(typeof own === 'number' ? own : performance.now() - before);
    }
  }
  return Object.fromEntries(runs.map(([name]) => [name, summary(durations.get(name)!)])) as Record<
    Name,
    Timing
  >;
}

function summary(durationsMs: readonly number[]): Timing {
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const medianMs = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { fastestMs: sorted[0]!, medianMs, turns: sorted.length };
}

/** How many times as long the first one takes. */
export function ratio(first: Timing, second: Timing): number {
  return first.fastestMs / second.fastestMs;
}

export function ratioOfMedians(first: Timing, second: Timing): number {
  return first.medianMs / second.medianMs;
}
