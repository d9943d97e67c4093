/**
 * Training batch: one step's random draws of references, variants, captions, timesteps and noise, as feeds; and the
 * share of the learning rate at that step.
 */

import { rankFractionAt } from '../adapters/rank-schedule.ts';
import { addNoise } from '../diffusion/noise-process.ts';
import type { Random } from '../diffusion/random.ts';
import { conditioningFeeds, guidanceFeeds, sizeConditioning } from '../pipeline/conditioning.ts';
import { paintedFeeds } from '../pipeline/inpainting.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { TrainingDefaults } from '../pipeline/settings.ts';
import { float32, int64, type Tensor } from '../tensor/tensor.ts';
import type { TeachingSettings } from './memory-plan.ts';
import { trainingNames } from './training-graph.ts';
import {
  type EncodedCaption,
  hasObjectMasks,
  type ReferenceLatents,
  type TrainingSet,
} from './training-set.ts';

/** A cosine ends at this share of the full rate, so that the last steps still learn. */
const COSINE_FLOOR = 0.05;

/** Centre of the logit-normal draw: a little above the middle, where shape is decided. */
const LOGIT_MEAN = 0.3;

export type BatchFeeds = Readonly<Record<string, Tensor>>;

interface Draw {
  readonly reference: ReferenceLatents;
  readonly caption: EncodedCaption;
  readonly timestep: number;
  readonly noise: Float32Array;
}

/** A batch as feeds of micro-batches. The draws do not depend on how the batch is cut. */
export function drawBatch(
  pipeline: Pipeline,
  set: TrainingSet,
  settings: TeachingSettings,
  random: Random,
): BatchFeeds[] {
  const order = random.shuffled([...set.references.keys()]);
  const draws = Array.from({ length: settings.batchSize }, (_, index): Draw => {
    // Without replacement while the references last, so that a batch shows as many of them as it can.
    const variants = set.references[order[index % order.length]!]!;
    const reference = variants[random.integer(variants.length)]!;
    const dropped = settings.captionDropout > 0 && random.uniform() < settings.captionDropout;
    return {
      reference,
      caption: dropped ? set.emptyCaption : set.captions[random.integer(set.captions.length)]!,
      timestep: drawTimestep(settings.timestepSampling, pipeline.noiseProcess.trainTimesteps, random),
      noise: random.gaussians(reference.latents.length),
    };
  });
  const batches: BatchFeeds[] = [];
  const { microBatchSize } = settings.memory;
  for (let start = 0; start < draws.length; start += microBatchSize) {
    batches.push(feedsOf(pipeline, set, settings, draws.slice(start, start + microBatchSize)));
  }
  return batches;
}

function feedsOf(
  pipeline: Pipeline,
  set: TrainingSet,
  settings: TeachingSettings,
  draws: readonly Draw[],
): BatchFeeds {
  const { noisyRankShare } = settings;
  return {
    ...paintedFeeds(set.painted, draws.length, set),
    ...guidanceFeeds(pipeline.model, set.guidanceScale, draws.length),
    ...noisyFeeds(pipeline, set, draws),
    ...(noisyRankShare < 1 && rankFeeds(pipeline, noisyRankShare, draws)),
    ...(hasObjectMasks(set) && objectFeeds(set, draws)),
    ...(settings.trainTokenEmbedding
      ? captionFeeds(pipeline, set, draws)
      : conditioningFeeds(draws.map(({ caption }) => caption.conditioning))),
  };
}

/** Noisy latents, what the model should predict of them, [B, C, h, w], their times [B], and the loss's weights [B, 1, h, w]. */
function noisyFeeds(
  { noiseProcess, facts }: Pipeline,
  { height, width }: TrainingSet,
  draws: readonly Draw[],
): BatchFeeds {
  const batch = draws.length;
  const latents = (of: (draw: Draw) => Float32Array) =>
    float32(joined(draws.map(of)), [batch, facts.latentChannels, height, width]);
  return {
    [trainingNames.sample]: latents(({ reference, noise, timestep }) =>
      addNoise(reference.latents, noise, noiseProcess.level(timestep)),
    ),
    [trainingNames.target]: latents(({ reference, noise, timestep }) =>
      noiseProcess.target(reference.latents, noise, noiseProcess.level(timestep)),
    ),
    [trainingNames.timestep]: float32(
      draws.map(({ timestep }) => noiseProcess.networkTime(timestep)),
      [batch],
    ),
    [trainingNames.lossWeight]: float32(joined(draws.map(({ reference }) => reference.lossWeight)), [
      batch,
      1,
      height,
      width,
    ]),
  };
}

/** Share of the rank that acts on each sample, [B, 1, 1]. */
function rankFeeds({ noiseProcess }: Pipeline, noisyShare: number, draws: readonly Draw[]): BatchFeeds {
  const shares = draws.map(({ timestep }) =>
    rankFractionAt(noisyShare, timestep, noiseProcess.trainTimesteps),
  );
  return { [trainingNames.activeRank]: float32(shares, [draws.length, 1, 1]) };
}

/** Masks that the probe learns from, [B, 1, h, w], and 1 for each reference that has one, [B, 1, 1, 1]. */
function objectFeeds({ height, width }: TrainingSet, draws: readonly Draw[]): BatchFeeds {
  const batch = draws.length;
  const empty = new Float32Array(height * width);
  const masks = draws.map(({ reference }) => reference.objectMask);
  const values = joined(masks.map((mask) => mask ?? empty));
  const known = masks.map((mask) => (mask === undefined ? 0 : 1));
  return {
    [trainingNames.objectMask]: float32(values, [batch, 1, height, width]),
    [trainingNames.objectKnown]: float32(known, [batch, 1, 1, 1]),
  };
}

/** Captions as ids, for encoders inside the graph: [B, L], with the identifier's places [B, L, 1] and the text's end [B, 1, L]. */
function captionFeeds({ facts, model }: Pipeline, set: TrainingSet, draws: readonly Draw[]): BatchFeeds {
  const batch = draws.length;
  const feeds: Record<string, Tensor> = {};
  for (const [encoder, { tokens, pooled }] of facts.textEncoders.entries()) {
    const own = draws.map(({ caption }) => caption.tokens[encoder]!);
    const positions = joined(own.map(({ identifierPositions }) => identifierPositions));
    const ids = own.flatMap((caption) => caption.ids);
    feeds[trainingNames.inputIds(encoder)] = int64(ids, [batch, tokens]);
    feeds[trainingNames.identifierPositions(encoder)] = float32(positions, [batch, tokens, 1]);
    if (pooled)
      feeds[trainingNames.textEnd(encoder)] = float32(joined(own.map(({ end }) => end)), [batch, 1, tokens]);
  }
  const { height, width } = set;
  const size = { width: width * facts.downscale, height: height * facts.downscale };
  const ofSize = sizeConditioning(model, size);
  return { ...feeds, ...conditioningFeeds(draws.map(() => ofSize)) };
}

/**
 * 0 to trainTimesteps - 1; uniform as in the paper, or logit-normal (Esser et al. 2024, arXiv 2403.03206).
 * @internal
 */
export function drawTimestep(
  sampling: TrainingDefaults['timestepSampling'],
  trainTimesteps: number,
  random: Random,
): number {
  if (sampling === 'uniform') return random.integer(trainTimesteps);
  const share = 1 / (1 + Math.exp(-(random.gaussian() + LOGIT_MEAN)));
  return Math.min(trainTimesteps - 1, Math.floor(share * trainTimesteps));
}

/** Share of the full learning rate at `step` (from 0). */
export function learningRateShare({ learningRateSchedule, steps }: TrainingDefaults, step: number): number {
  if (learningRateSchedule === 'constant') return 1;
  return COSINE_FLOOR + (1 - COSINE_FLOOR) * (0.5 + 0.5 * Math.cos((Math.PI * step) / steps));
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
