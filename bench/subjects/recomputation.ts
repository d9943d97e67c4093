/** Cost of gradient checkpointing, at the size of picture that Stable Diffusion is made for. */

import { memoryUseFor } from '../../companion/training/memory-plan.ts';
import { CHECKPOINTING } from '../../companion/training/training-graph.ts';
import { openBenchModel } from '../bench-model.ts';
import { noiseFeeds, runOnce } from '../feeds.ts';
import { type Contender, processorRatio, shortestProcessorRatio, takeTurns } from '../interleaved-timing.ts';
import { measureIsolated } from '../isolated-memory.ts';
import type { BenchOptions, Row, Section } from '../subject.ts';
import { trainingTurn } from '../training-turn.ts';
import { buildWorkload } from '../workload.ts';
import { MEMORY_NOTE, memoryRow } from './memory.ts';
import { RATIO_THREADS } from './training.ts';

const PIXELS = 512;
const LATENT_CELLS = PIXELS / 8;
const BUDGET_MS = 120_000;

export async function* recomputation(weights: string, options: BenchOptions): AsyncGenerator<Section> {
  const choice = { sd15Weights: weights, latentCells: LATENT_CELLS };
  const memory: Row[] = [];
  for (const checkpointing of CHECKPOINTING) {
    options.progress(`SD 1.5 UNet, ${PIXELS} px: memory of a step, checkpointing ${checkpointing}`);
    const result = await measureIsolated({
      model: choice,
      workload: 'training',
      batch: 1,
      checkpointing,
      threads: options.threads,
    });
    memory.push(memoryRow(`checkpointing ${checkpointing}`, result));
  }
  yield { title: `SD 1.5 UNet at ${PIXELS} px: memory of a training step`, rows: memory, note: MEMORY_NOTE };

  options.progress(`SD 1.5 UNet, ${PIXELS} px: time of the same steps`);
  const model = await openBenchModel(choice, RATIO_THREADS);
  const forward = buildWorkload('forward', model, 1);
  const session = await model.open(forward);
  const feeds = noiseFeeds(forward);
  const turns: Record<string, Contender> = { forward: () => runOnce(session, feeds) };
  for (const checkpointing of CHECKPOINTING) {
    const graph = buildWorkload('training', model, 1, checkpointing);
    turns[checkpointing] = trainingTurn(graph, await model.open(graph, memoryUseFor(checkpointing)));
  }
  const timings = await takeTurns(turns, { atLeast: 3, budgetMs: BUDGET_MS });
  await model.close();
  const rows = CHECKPOINTING.map((checkpointing) => ({
    case: `checkpointing ${checkpointing}`,
    figures: {
      step_ms: timings[checkpointing]!.median.processorMs,
      per_forward: processorRatio(timings[checkpointing]!, timings.forward!),
      per_forward_shortest: shortestProcessorRatio(timings[checkpointing]!, timings.forward!),
    },
  }));
  const note = 'Processor time at one thread, medians.';
  yield { title: `SD 1.5 UNet at ${PIXELS} px: training step against forward`, rows, note };
}
