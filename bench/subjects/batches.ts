/** Steps of pictures that are made side by side, against one after another: time a picture, as generating runs them. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialFactors } from '../../companion/adapters/factors.ts';
import { initialProbe } from '../../companion/adapters/object-probe.ts';
import { Random, seededNoise } from '../../companion/diffusion/random.ts';
import { openPass, type PassRequest } from '../../companion/engine/generation/guided-pass.ts';
import { StepBarrier } from '../../companion/engine/generation/step-barrier.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { readRecommendedSettings } from '../../companion/pipeline/settings.ts';
import { modelName } from '../bench-model.ts';
import { type Contender, takeTurns } from '../interleaved-timing.ts';
import type { Subject } from '../subject.ts';

/** Pictures in a run; with guidance each has two samples. */
const PICTURES = { one: 1, two: 2, four: 4 } as const;
type Batch = keyof typeof PICTURES;

/** Sides of the pictures, of the model's own. */
const SIZES = [1, 2, 4] as const;

/** The network's time of a step in the middle. */
const TIME = 500;

export const batches: Subject = async function* ({ models, threads, device, quick, progress }) {
  for (const folder of models) {
    const cacheFolder = await mkdtemp(join(tmpdir(), 'likeness-bench-'));
    const pipeline = await Pipeline.open(folder, { cacheFolder, threads, device });
    const name = modelName(folder);
    for (const times of quick ? SIZES.slice(0, 1) : SIZES) {
      const side = times * pipeline.facts.resolution;
      progress(`${name}: pictures side by side at ${side} px`);
      const request = await passOf(pipeline, folder, side);
      const timing = await takeTurns(
        {
          one: await stepOf(pipeline, request, PICTURES.one),
          two: await stepOf(pipeline, request, PICTURES.two),
          four: await stepOf(pipeline, request, PICTURES.four),
        },
        { atLeast: 3, budgetMs: quick ? 500 : 10_000 },
      );
      await pipeline.close();
      // The processor's own time where it computes: others may want it meanwhile.
      const clock = device === 'cpu' ? 'processorMs' : 'wallMs';
      const perPicture = (batch: Batch) => timing[batch].median[clock] / PICTURES[batch];
      yield {
        title: `${name}: a step of pictures side by side, ${side} px, ${device}`,
        rows: (Object.keys(PICTURES) as Batch[]).map((batch) => ({
          case: `${PICTURES[batch]} side by side`,
          figures: {
            step_ms: timing[batch].median[clock],
            picture_ms: perPicture(batch),
            per_one: perPicture(batch) / perPicture('one'),
          },
        })),
        note: `With guidance and adaptive masks by probe; medians of ${device === 'cpu' ? 'processor time' : 'the wall clock'}, in turns.`,
      };
    }
    await rm(cacheFolder, { recursive: true });
  }
};

async function passOf(pipeline: Pipeline, folder: string, side: number): Promise<PassRequest> {
  const { teaching, sampling } = await readRecommendedSettings(folder);
  const sites = pipeline.adapterSites;
  const size = { width: side, height: side };
  const cells = side / pipeline.facts.downscale;
  const concept = {
    factors: initialFactors(sites, teaching.rank, new Random(1)),
    probe: initialProbe(sites),
    minRankFraction: 1,
    tokenIndexes: [1, 2],
    strength: 1,
  };
  return {
    concepts: [concept],
    settings: { ...sampling, guidanceScale: 2, mask: 'adaptive' },
    height: cells,
    width: cells,
    conditional: await pipeline.encodePrompt('a bottle on a beach', size),
    unconditional: await pipeline.encodePrompt('', size),
  };
}

async function stepOf(pipeline: Pipeline, request: PassRequest, pictures: number): Promise<Contender> {
  const barrier = new StepBarrier(pipeline, pictures);
  const { height, width } = request;
  const length = pipeline.facts.latentChannels * height * width;
  const samples = Array.from({ length: pictures }, (_, seed) => seededNoise(length, seed));
  const passes = await Promise.all(samples.map(() => openPass(pipeline, request, barrier)));
  return async () => {
    await barrier.step(passes.map((pass, index) => () => pass.output(samples[index]!, TIME)));
    return undefined;
  };
}
