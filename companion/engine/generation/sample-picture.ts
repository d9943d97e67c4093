/** One picture from noise: classifier-free guidance over the UNet with localized residuals, by any sampler. */

import { LikenessError } from '../../../shared/errors.ts';
import { type Factors, ranksOf } from '../../adapters/factors.ts';
import { factorFeeds } from '../../adapters/low-rank.ts';
import { type ObjectProbe, probeFeeds } from '../../adapters/object-probe.ts';
import { rankFractionAt, truncateRank } from '../../adapters/rank-schedule.ts';
import { denoiserOf } from '../../diffusion/denoiser.ts';
import { seededNoise } from '../../diffusion/random.ts';
import { samplers } from '../../diffusion/samplers/index.ts';
import type { LocalizedMask } from '../../localization/mask.ts';
import { tokenWeightFeeds } from '../../localization/sources/attention.ts';
import type { MaskSource } from '../../localization/sources/index.ts';
import { chooseMaskSource, createLocalizer } from '../../localization/sources/index.ts';
import { type Conditioning, conditioningFeeds } from '../../pipeline/conditioning.ts';
import { requireFinite } from '../../pipeline/finite-weights.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { type SamplingSettings, usualGuidanceResidual } from '../../pipeline/settings.ts';
import { float32, type Tensor } from '../../tensor/tensor.ts';
import { type SamplingShape, samplingGraph } from './sampling-graph.ts';

/** Random streams of the noise that some samplers add at a step; the first noise has stream 0. */
const STEP_STREAM = 1;

/** A concept as it takes part in one prompt. */
export interface PromptConcept {
  readonly factors: Factors;
  readonly probe: ObjectProbe | undefined;
  /** As it was taught: TrainingDefaults. */
  readonly minRankFraction: number;
  /** Positions of its tokens in the prompt: identifier and every sub-word of the class word. */
  readonly tokenIndexes: readonly number[];
  /** s_k: 1 as taught, 0 the base model; beyond 1 exaggerates. */
  readonly strength: number;
}

/** Everything that decides the graph. */
export interface PictureShape {
  readonly concepts: readonly PromptConcept[];
  readonly settings: SamplingSettings;
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
}

export interface PictureRequest extends PictureShape {
  /** The prompt, and the negative prompt. */
  readonly conditional: Conditioning;
  readonly unconditional: Conditioning;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

export interface PictureStep {
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  /** Estimate of the finished latents, [C, h, w]. */
  readonly denoised: Float32Array;
}

export interface SampledLatents {
  /** [C, h, w] in the diffusion model's scale. */
  readonly latents: Float32Array;
  /** One a concept, of the last step; undefined without concepts. */
  readonly masks: readonly LocalizedMask[] | undefined;
}

/** @throws LikenessError `cancelled` between two steps, `concept-format` where a concept's weights drown the model */
export async function* samplePicture(
  pipeline: Pipeline,
  request: PictureRequest,
): AsyncGenerator<PictureStep, SampledLatents> {
  const { settings, concepts, height, width } = request;
  const { facts, noiseProcess } = pipeline;
  const shape = samplingShape(pipeline, request);
  const { guided, maskSource } = shape;
  const batch = guided ? 2 : 1;
  const graph = samplingGraph(shape);
  const localizer = createLocalizer(maskSource, {
    mode: settings.mask,
    sites: pipeline.adapterSites,
    concepts: concepts.map(({ strength, factors }) => ({
      strengths: strengths(strength, settings, batch),
      blocks: new Set(factors.keys()),
    })),
    height,
    width,
  });
  const factorsAt = factorsByTimestep(concepts, noiseProcess.trainTimesteps);
  const constant = constantFeeds(request, batch, pipeline, maskSource);
  const length = facts.latentChannels * height * width;
  const latentShape = [batch, facts.latentChannels, height, width];

  const network = async (sample: Float32Array, time: number) => {
    const doubled = new Float32Array(batch * sample.length);
    for (let half = 0; half < batch; half++) doubled.set(sample, half * sample.length);
    // Asked for at each step: its weights may have been packed since.
    const session = await pipeline.session(graph);
    const outputs = await session.run({
      ...constant,
      ...factorsAt(time),
      ...localizer.feeds(),
      sample: float32(doubled, latentShape),
      timestep: float32(new Float32Array(batch).fill(time), [batch]),
    });
    if (concepts.length > 0) localizer.observe(outputs);
    const prediction = outputs.prediction!.data as Float32Array;
    await requireFinite(prediction, pipeline.checkpoint, concepts.length > 0 ? tooStrong : undefined);
    return prediction;
  };
  const steps = samplers[settings.sampler].sample({
    process: noiseProcess,
    steps: settings.steps,
    spacing: settings.spacing,
    latents: seededNoise(length, request.seed),
    noise: (step) => seededNoise(length, request.seed, STEP_STREAM + step),
    signal: request.signal,
    denoise: denoiserOf(noiseProcess, network, guided ? settings.guidanceScale : undefined),
  });
  let next = await steps.next();
  for (; !next.done; next = await steps.next()) {
    const { index, steps: count, denoised } = next.value;
    yield { step: index + 1, steps: count, denoised };
  }
  return { latents: next.value, masks: localizer.masks() };
}

/** Shape of the graph that a picture's steps run. */
export function samplingShape({ model }: Pipeline, { settings, concepts, height, width }: PictureShape) {
  return {
    ...model,
    guided: settings.guidanceScale > 1,
    height,
    width,
    concepts: concepts.map(({ factors }) => ranksOf(factors)),
    maskSource: chooseMaskSource(
      settings.mask,
      concepts.map(({ probe }) => probe),
    ),
  } satisfies SamplingShape;
}

/** Every weight of a file may be finite, and what they make of a picture not. */
function tooStrong(): LikenessError {
  return new LikenessError(
    'concept-format',
    'the concepts of the prompt are too strong: the model overflows',
    {
      advice:
        'Lower the strength; if that does not help, a concept file is damaged: teach or fetch it again.',
    },
  );
}

/** s_k of each sample: without a mask the base model alone. */
function strengths(strength: number, settings: SamplingSettings, batch: 1 | 2): number[] {
  const applied = settings.mask === 'off' ? 0 : strength;
  if (batch === 1) return [applied];
  const halves = settings.guidanceResidual ?? usualGuidanceResidual(settings);
  return [halves === 'conditional' ? 0 : applied, applied];
}

/** The factors that each step is fed. */
export function factorsByTimestep(concepts: readonly PromptConcept[], trainTimesteps: number) {
  const feedsAt = (timestep: number): Record<string, Tensor> =>
    Object.assign(
      {},
      ...concepts.map(({ factors, minRankFraction }, concept) => {
        const fraction = rankFractionAt(minRankFraction, timestep, trainTimesteps);
        return factorFeeds(concept, truncateRank(factors, fraction));
      }),
    );
  if (concepts.some(({ minRankFraction }) => minRankFraction < 1)) return feedsAt;
  const always = feedsAt(0);
  return () => always;
}

/** Feeds that stay the same over all steps: conditioning, and the probe or token weights that find the object. */
export function constantFeeds(
  request: Pick<PictureRequest, 'concepts' | 'conditional' | 'unconditional'>,
  batch: 1 | 2,
  { facts }: Pipeline,
  maskSource: MaskSource,
): Record<string, Tensor> {
  const { concepts, conditional, unconditional } = request;
  const samples = batch === 2 ? [unconditional, conditional] : [conditional];
  const feeds: Record<string, Tensor> = conditioningFeeds(samples);
  for (const [concept, { probe, tokenIndexes }] of concepts.entries()) {
    if (maskSource === 'probe') Object.assign(feeds, probeFeeds(concept, probe!));
    else Object.assign(feeds, tokenWeightFeeds(concept, tokenIndexes, facts.tokens));
  }
  return feeds;
}
