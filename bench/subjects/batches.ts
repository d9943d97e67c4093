/** Several pictures in one run of the denoiser, against one after another: time a picture. */

import { openBenchModel } from '../bench-model.ts';
import { noiseFeeds, runOnce } from '../feeds.ts';
import { takeTurns } from '../interleaved-timing.ts';
import type { Subject } from '../subject.ts';
import { unetForward } from '../workload.ts';

/** Pictures in a run; with guidance each has two samples. */
const PICTURES = { one: 1, two: 2, four: 4 } as const;
type Batch = keyof typeof PICTURES;

const SAMPLES_A_PICTURE = 2;

export const batches: Subject = async function* (options) {
  for (const folder of options.models) {
    const model = await openBenchModel({ folder }, options.threads, options.device);
    options.progress(`${model.name}: pictures in one run`);
    const turn = async (batch: Batch) => {
      const graph = unetForward(model, SAMPLES_A_PICTURE * PICTURES[batch], { residuals: true });
      const session = await model.open(graph);
      const feeds = noiseFeeds(graph);
      return () => runOnce(session, feeds);
    };
    const timing = await takeTurns(
      { one: await turn('one'), two: await turn('two'), four: await turn('four') },
      { atLeast: 3, budgetMs: options.quick ? 500 : 10_000 },
    );
    // The processor's own time where it computes: others may want it meanwhile.
    const clock = options.device === 'cpu' ? 'processorMs' : 'wallMs';
    const perPicture = (batch: Batch) => timing[batch].median[clock] / PICTURES[batch];
    yield {
      title: `${model.name}: a step of several pictures, ${model.latentCells * model.downscale} px, ${options.device}`,
      rows: (Object.keys(PICTURES) as Batch[]).map((batch) => ({
        case: `${PICTURES[batch]} in a run`,
        figures: { picture_ms: perPicture(batch), per_one: perPicture(batch) / perPicture('one') },
      })),
      note: `A step with guidance and residuals everywhere; medians of ${options.device === 'cpu' ? 'processor time' : 'the wall clock'}, in turns.`,
    };
    await model.close();
  }
};
