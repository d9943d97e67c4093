/** Runs one memory case (first argument, JSON) and prints its MemoryResult. */

import { memoryUseFor } from '../companion/training/memory-plan.ts';
import { openBenchModel } from './bench-model.ts';
import { noiseFeeds } from './feeds.ts';
import type { MemoryCase, MemoryResult } from './isolated-memory.ts';
import { forgetPeak, residentMemory } from './resident-memory.ts';
import { buildWorkload } from './workload.ts';

/** More than one, since an arena may still grow on the second run. */
const RUNS = 3;

const { model: choice, workload, batch, checkpointing, threads } = JSON.parse(process.argv[2]!) as MemoryCase;
const model = await openBenchModel(choice, threads);
const graph = buildWorkload(workload, model, batch, checkpointing);
const start = performance.now();
const session = await model.open(graph, memoryUseFor(checkpointing ?? 'none'));
const createMs = performance.now() - start;
const created = residentMemory()!;

const feeds = noiseFeeds(graph);
forgetPeak();
const durationsMs: number[] = [];
for (let run = 0; run < RUNS; run++) {
  const before = performance.now();
  await session.run(feeds);
  durationsMs.push(performance.now() - before);
}
const result: MemoryResult = {
  createMs,
  firstRunMs: durationsMs[0]!,
  runMs: Math.min(...durationsMs.slice(1)),
  created,
  ran: residentMemory()!,
};
process.stdout.write(JSON.stringify(result));
await model.close();
