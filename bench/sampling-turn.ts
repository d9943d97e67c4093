/** One denoising step as a contender: the UNet with one concept, localized or with its residual everywhere. */

import { rankOf } from '../companion/adapters/factors.ts';
import { samplingGraph } from '../companion/engine/generation/sampling-graph.ts';
import { attentionNames } from '../companion/localization/sources/attention.ts';
import type { MaskSource } from '../companion/localization/sources/index.ts';
import { createLocalizer } from '../companion/localization/sources/index.ts';
import { float32 } from '../companion/tensor/tensor.ts';
import type { MaskMode } from '../shared/protocol/requests.ts';
import type { BenchModel } from './bench-model.ts';
import { noiseFeeds } from './feeds.ts';
import { sitesOf, unetForward } from './workload.ts';

/** With guidance: unconditional and conditional. */
const BATCH = 2;

/**
 * Plain sampling: the base model, or residuals without any mask.
 * @param weights default as after the first step of a picture of many, which is what other programs' are compared with
 */
export async function plainTurn(
  model: BenchModel,
  residuals: boolean,
  weights: 'packed' | 'mapped' = 'packed',
): Promise<() => Promise<undefined>> {
  const graph = unetForward(model, BATCH, { residuals });
  const session = await model.open(graph, { weights, winograd: 'roomy' });
  const feeds = noiseFeeds(graph);
  return async () => {
    await session.run(feeds);
  };
}

/** As samplePicture does it: mask inputs made for each step, and what it showed of the object taken in after it. */
export async function localizedTurn(
  model: BenchModel,
  mode: MaskMode,
  maskSource: MaskSource,
  weights: 'packed' | 'mapped' = 'packed',
): Promise<() => Promise<undefined>> {
  const sites = sitesOf(model.model);
  const [height, width] = [model.latentCells, model.latentCells];
  const ranks = sites.map(({ path, outputs }) => [path, rankOf(model.teaching.rank, outputs)] as const);
  const graph = samplingGraph({
    ...model.model,
    guided: true,
    height,
    width,
    concepts: [Object.fromEntries(ranks)],
    maskSource,
  }).build();
  const session = await model.open(graph, { weights, winograd: 'roomy' });
  const feeds = noiseFeeds(graph);
  const tokens = attentionNames.tokenWeights(0);
  if (tokens in feeds)
    feeds[tokens] = float32(new Float32Array(model.tokens).fill(1, 2, 4), [model.tokens, 1]);
  const concepts = [{ strengths: [0, 1], blocks: new Set(sites.map(({ path }) => path)) }];
  const localizer = createLocalizer(maskSource, { mode, sites, concepts, height, width });
  return async () => {
    localizer.observe(await session.run({ ...feeds, ...localizer.feeds() }));
    return undefined;
  };
}
