/** The UNet of Stable Diffusion 1.5 at its real size, on random weights: memory, a step by its forward pass, masks. */

import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBenchModel } from '../bench-model.ts';
import { measureIsolated } from '../isolated-memory.ts';
import { writeRandomWeights } from '../random-weights.ts';
import { sd15Weights } from '../sd15.ts';
import type { BenchOptions, Row, Subject, Target } from '../subject.ts';
import { measureLocalization } from './localization.ts';
import { MEMORY_NOTE, memoryRow, peakGb } from './memory.ts';
import { recomputation } from './recomputation.ts';
import { measureTraining, RATIO_THREADS } from './training.ts';

const LIMITS_GB = { forward: 4.5, training: 7 } as const;
/** In this order: the first training session writes the kernels that the second one finds. */
const CASES = [
  { workload: 'forward', title: 'one forward' },
  { workload: 'training', title: 'one training step, with turned kernels yet to be stored' },
  { workload: 'training', title: 'one training step' },
] as const;

export const fullSize: Subject = async function* (options) {
  if (!options.full) return;
  const folder = join(tmpdir(), 'likeness-bench-sd15');
  const weights = await ensureWeights(folder, options);
  try {
    const rows: Row[] = [];
    const targets: Target[] = [];
    for (const { workload, title } of CASES) {
      options.progress(`SD 1.5 UNet: memory of ${title}`);
      const result = await measureIsolated({
        model: { sd15Weights: weights },
        workload,
        batch: 1,
        threads: options.threads,
      });
      const row = memoryRow(title, result);
      rows.push({ ...row, figures: { create_ms: result.createMs, run_ms: result.runMs, ...row.figures } });
      targets.push({
        name: `SD 1.5 UNet, 256 px, batch 1: peak memory of ${title}`,
        measured: peakGb(result),
        unit: 'GB',
        limit: LIMITS_GB[workload],
        direction: 'at most',
      });
    }
    yield { title: 'SD 1.5 UNet at 256 px: resident memory', rows, targets, note: MEMORY_NOTE };
    yield* speed(weights, options);
    yield* recomputation(weights, options);
  } finally {
    if (!options.keep) await rm(folder, { recursive: true });
  }
};

async function* speed(weights: string, { progress }: BenchOptions) {
  const model = await openBenchModel({ sd15Weights: weights }, RATIO_THREADS);
  progress('SD 1.5 UNet: training step against forward');
  yield measureTraining(model, [1, 2, 4], 40_000, 'whole');
  progress('SD 1.5 UNet: localized sampling');
  yield measureLocalization(model, 60_000, 'whole');
  await model.close();
}

/** 3.4 GB; a file that is there is whole, since it gets its name last. */
async function ensureWeights(folder: string, { progress }: BenchOptions): Promise<string> {
  const file = join(folder, 'unet.safetensors');
  if (existsSync(file)) return file;
  await mkdir(folder, { recursive: true });
  let shown = -1;
  await writeRandomWeights(`${file}.part`, sd15Weights(), (share) => {
    const percent = Math.floor(20 * share) * 5;
    if (percent > shown) progress(`SD 1.5 UNet: writing random weights, ${percent} %`);
    shown = percent;
  });
  await rename(`${file}.part`, file);
  return file;
}
