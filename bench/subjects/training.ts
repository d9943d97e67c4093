/** Cost of a step of teaching, against a forward pass of the same batch. */

import { type BenchModel, openBenchModel } from '../bench-model.ts';
import { noiseFeeds, runOnce } from '../feeds.ts';
import { processorRatio, shortestProcessorRatio, takeTurns } from '../interleaved-timing.ts';
import type { Row, Section, Subject, Target } from '../subject.ts';
import { trainingTurn } from '../training-turn.ts';
import { buildWorkload, workloadsOf } from '../workload.ts';

/** Backward through frozen layers needs no gradients of weights: about one forward more. */
export const MAX_STEP_PER_FORWARD = { small: 2.2, whole: 2.15 } as const;
const TARGET_BATCH = 4;
/** Processor time says what work there is only where no thread spins for another. */
export const RATIO_THREADS = 1;

export const training: Subject = async function* (options) {
  for (const folder of options.models) {
    const model = await openBenchModel({ folder }, RATIO_THREADS);
    options.progress(`${model.name}: training step against forward`);
    const batches = options.quick ? [TARGET_BATCH] : [1, TARGET_BATCH];
    yield await measureTraining(model, batches, options.quick ? 1000 : 8000);
    await model.close();
  }
};

/** The target is held against the last of `batches`, factors alone. */
export async function measureTraining(
  model: BenchModel,
  batches: readonly number[],
  budgetMs: number,
  size: keyof typeof MAX_STEP_PER_FORWARD = 'small',
): Promise<Section> {
  const rows: Row[] = [];
  const targets: Target[] = [];
  for (const batch of batches) {
    for (const workload of workloadsOf(model)) {
      if (workload !== 'training' && workload !== 'teaching') continue;
      const { step, forward } = await stepAgainstForward(model, workload, batch, budgetMs);
      rows.push({
        case: `batch ${batch}${workload === 'teaching' ? ', token embedding too' : ''}`,
        figures: {
          forward_ms: forward.median.processorMs,
          step_ms: step.median.processorMs,
          ratio: processorRatio(step, forward),
          ratio_of_shortest: shortestProcessorRatio(step, forward),
        },
      });
      if (batch !== batches.at(-1) || workload !== 'training') continue;
      targets.push({
        name: `${model.name}: training step / forward, batch ${batch}`,
        measured: processorRatio(step, forward),
        unit: 'x',
        limit: MAX_STEP_PER_FORWARD[size],
        direction: 'at most',
      });
    }
  }
  return {
    title: `${model.name}: training step against forward`,
    rows,
    targets,
    note: 'Processor time at one thread, medians. A step is loss, gradients and AdamW.',
  };
}

async function stepAgainstForward(
  model: BenchModel,
  workload: 'training' | 'teaching',
  batch: number,
  budgetMs: number,
) {
  const forwardGraph = buildWorkload('forward', model, batch);
  const forward = await model.open(forwardGraph);
  const stepGraph = buildWorkload(workload, model, batch);
  const stepSession = await model.open(stepGraph);
  const feeds = noiseFeeds(forwardGraph);
  return takeTurns(
    { forward: () => runOnce(forward, feeds), step: trainingTurn(stepGraph, stepSession) },
    { atLeast: 3, budgetMs },
  );
}
