/** Peak memory of each workload of the models on disk. */

import { openBenchModel } from '../bench-model.ts';
import { type MemoryResult, measureIsolated } from '../isolated-memory.ts';
import type { Row, Subject } from '../subject.ts';
import { workloadsOf, workloadTitles } from '../workload.ts';

const GB = 2 ** 30;

export const memory: Subject = async function* (options) {
  if (process.platform !== 'linux') return;
  for (const folder of options.models) {
    const model = await openBenchModel({ folder }, options.threads);
    const rows: Row[] = [];
    for (const workload of options.quick ? (['training'] as const) : workloadsOf(model)) {
      const batch = workload === 'training' || workload === 'teaching' ? 4 : 1;
      options.progress(`${model.name}: memory of ${workloadTitles[workload]}`);
      const result = await measureIsolated({ model: { folder }, workload, batch, threads: options.threads });
      rows.push(memoryRow(`${workloadTitles[workload]}, batch ${batch}`, result));
    }
    yield { title: `${model.name}: resident memory, each in its own process`, rows, note: MEMORY_NOTE };
    await model.close();
  }
};

export const MEMORY_NOTE =
  'GB of 2^30 bytes, Node included; own is anonymous memory, mapped is files, both after the last run.';

export function memoryRow(title: string, { created, ran }: MemoryResult): Row {
  return {
    case: title,
    figures: {
      create_peak_gb: created.peakBytes / GB,
      run_peak_gb: ran.peakBytes / GB,
      own_gb: ran.anonymousBytes / GB,
      mapped_gb: ran.fileBytes / GB,
    },
  };
}

/** The peak of the whole life of the process, in GB. */
export function peakGb({ created, ran }: MemoryResult): number {
  return Math.max(created.peakBytes, ran.peakBytes) / GB;
}
