/** One denoising step as a contender: the UNet with one concept, localized or with its residual everywhere. */

import { float32 } from '../companion/checkpoint/tensor.ts';
import { Random } from '../companion/diffusion/random.ts';
import { initialFactors } from '../companion/residuals/factors.ts';
import { localizedNames } from '../companion/residuals/localization/attach-localized.ts';
import { Localizer } from '../companion/residuals/localization/localizer.ts';
import { buildSamplingGraph } from '../companion/residuals/sampling-graph.ts';
import { projOutSites } from '../companion/residuals/sites.ts';
import type { MaskMode } from '../shared/protocol/requests.ts';
import type { BenchModel } from './bench-model.ts';
import { noiseFeeds } from './feeds.ts';
import { unetForward } from './workload.ts';

/** With guidance: unconditional and conditional. */
const BATCH = 2;

/** Plain sampling: the base model, or residuals without any mask. */
export async function plainTurn(model: BenchModel, residuals: boolean): Promise<() => Promise<undefined>> {
  const graph = unetForward(model, BATCH, { residuals });
  const session = await model.open(graph);
  const feeds = noiseFeeds(graph);
  return async () => {
    await session.run(feeds);
  };
}

/** As samplePicture does it: mask inputs made for each step, attention scores taken in after it. */
export async function localizedTurns(
  model: BenchModel,
  modes: readonly MaskMode[],
): Promise<Map<MaskMode, () => Promise<undefined>>> {
  const sites = projOutSites(model.unet);
  const [height, width] = [model.latentCells, model.latentCells];
  const graph = buildSamplingGraph({
    unet: model.unet,
    guided: true,
    height,
    width,
    tokens: model.tokens,
    concepts: [initialFactors(sites, model.teaching.rank, new Random(1, 0))],
  });
  const session = await model.open(graph);
  const tokenWeights = float32(new Float32Array(2 * model.tokens).fill(1, 4, 8), [model.tokens, 2]);
  const feeds = { ...noiseFeeds(graph), [localizedNames.tokenWeights(0)]: tokenWeights };
  return new Map(
    modes.map((mode) => {
      const localizer = new Localizer({ mode, sites, strengths: [[0, 1]], height, width });
      const turn = async () => {
        localizer.observe(await session.run({ ...feeds, ...localizer.feeds() }));
        return undefined;
      };
      return [mode, turn];
    }),
  );
}
