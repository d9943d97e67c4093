/** Every graph of a model once: how long it takes to make and to run. */

import type { BenchModel } from '../bench-model.ts';
import { openBenchModel } from '../bench-model.ts';
import { noiseFeeds, runOnce } from '../feeds.ts';
import { takeTurns } from '../interleaved-timing.ts';
import type { Row, Subject } from '../subject.ts';
import { buildWorkload, type WorkloadName, workloadsOf, workloadTitles } from '../workload.ts';

export const graphs: Subject = async function* (options) {
  for (const folder of options.models) {
    const model = await openBenchModel({ folder }, options.threads, options.device);
    const rows: Row[] = [];
    for (const name of workloadsOf(model)) {
      options.progress(`${model.name}: ${workloadTitles[name]}`);
      rows.push(await timed(model, name, options.quick ? 200 : 2000));
    }
    yield {
      title: `${model.name}: graphs, batch 1, ${model.latentCells * model.downscale} px, ${options.device}`,
      rows,
      note: 'Milliseconds; build is ours, create is onnxruntime optimizing the graph and packing weights.',
    };
    await model.close();
  }
};

async function timed(model: BenchModel, name: WorkloadName, budgetMs: number): Promise<Row> {
  const start = performance.now();
  const graph = buildWorkload(name, model, 1);
  const built = performance.now();
  const session = await model.open(graph);
  const created = performance.now();
  const feeds = noiseFeeds(graph);
  const { run } = await takeTurns({ run: () => runOnce(session, feeds) }, { atLeast: 3, budgetMs });
  return {
    case: workloadTitles[name],
    figures: {
      nodes: graph.nodes.length,
      build_ms: built - start,
      create_ms: created - built,
      fastest_ms: run.fastest.wallMs,
      median_ms: run.median.wallMs,
    },
  };
}
