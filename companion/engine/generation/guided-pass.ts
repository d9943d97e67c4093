/**
 * GuidedPass: one evaluation of the model at a step, with classifier-free guidance and the localized residuals of some
 * concepts, for a whole picture or for the place of one concept in it.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { type Factors, ranksOf } from '../../adapters/factors.ts';
import { factorFeeds } from '../../adapters/low-rank.ts';
import { type ObjectProbe, probeFeeds } from '../../adapters/object-probe.ts';
import { rankFractionAt, truncateRank } from '../../adapters/rank-schedule.ts';
import { guided } from '../../diffusion/denoiser.ts';
import type { GraphSpec } from '../../graph/graph.ts';
import type { LocalizedMask } from '../../localization/mask.ts';
import { tokenWeightFeeds } from '../../localization/sources/attention.ts';
import type { MaskSource } from '../../localization/sources/index.ts';
import { chooseMaskSource, createLocalizer } from '../../localization/sources/index.ts';
import { type Conditioning, conditioningFeeds, guidanceFeeds } from '../../pipeline/conditioning.ts';
import { requireFinite } from '../../pipeline/finite-weights.ts';
import { type PaintedPart, paintedFeeds } from '../../pipeline/inpainting.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { isGuided, type SamplingSettings, usualGuidanceResidual } from '../../pipeline/settings.ts';
import { float32, type Tensor } from '../../tensor/tensor.ts';
import { type PassQuestion, samplesAt } from './pass-batch.ts';
import { type SamplingShape, samplingGraph } from './sampling-graph.ts';
import { StepBarrier } from './step-barrier.ts';

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
  /** [h, w] of the latents, 0..1: how far it may act in a cell. Default: everywhere. */
  readonly region?: Float32Array | undefined;
}

/** Everything that decides the graph. */
export interface PassShape {
  readonly concepts: readonly PromptConcept[];
  readonly settings: SamplingSettings;
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
}

export interface PassRequest extends PassShape {
  /** The prompt, and the negative prompt. */
  readonly conditional: Conditioning;
  readonly unconditional: Conditioning;
  /** For models that look at the kept part of a picture. */
  readonly painted?: PaintedPart | undefined;
}

export interface GuidedPass {
  /** The model's output for a sample [C, h, w] at the network's time, with guidance. */
  output(sample: Float32Array, time: number): Promise<Float32Array>;
  /** One a concept, of the last evaluation; undefined without concepts. */
  masks(): readonly LocalizedMask[] | undefined;
}

/**
 * @param barrier where other pictures ask the model too; default: this one has its runs for itself
 * @throws LikenessError `concept-format` where a concept's weights drown the model, at an evaluation
 */
export async function openPass(
  pipeline: Pipeline,
  request: PassRequest,
  barrier = new StepBarrier(pipeline, 1),
): Promise<GuidedPass> {
  const { settings, concepts, height, width } = request;
  const { facts, noiseProcess } = pipeline;
  const shape = samplingShape(pipeline, request);
  const samples = shape.guided ? 2 : 1;
  const specs: GraphSpec[] = [];
  const graph = (pictures: number) => {
    specs[pictures] ??= samplingGraph({ ...shape, pictures });
    return specs[pictures];
  };
  const localizer = createLocalizer(shape.maskSource, {
    mode: settings.mask,
    sites: pipeline.adapterSites,
    concepts: concepts.map(({ strength, factors, region }) => ({
      strengths: strengths(strength, settings, samples),
      blocks: new Set(factors.keys()),
      region,
    })),
    height,
    width,
  });
  const factorsAt = factorsByTimestep(concepts, noiseProcess.trainTimesteps);
  const finding = findingFeeds(concepts, pipeline, shape.maskSource);
  const constant = {
    ...promptFeeds(request, samples),
    ...guidanceFeeds(pipeline.model, settings.guidanceScale, samples),
    ...paintedFeeds(request.painted, samples, request),
  };
  const latentShape = [samples, facts.latentChannels, height, width];

  const read: PassQuestion['read'] = async (outputs, at) => {
    if (concepts.length > 0) localizer.observe(outputs, at);
    const prediction = samplesAt(outputs.prediction!.data as Float32Array, samples, at);
    await requireFinite(prediction, pipeline.checkpoint, concepts.length > 0 ? tooStrong : undefined);
    return shape.guided ? guided(prediction, settings.guidanceScale) : prediction;
  };
  const output = (sample: Float32Array, time: number) => {
    const doubled = new Float32Array(samples * sample.length);
    for (let half = 0; half < samples; half++) doubled.set(sample, half * sample.length);
    const own = {
      ...constant,
      ...localizer.feeds(),
      sample: float32(doubled, latentShape),
      timestep: float32(new Float32Array(samples).fill(time), [samples]),
    };
    return barrier.answer({ graph, concepts, time, shared: { ...finding, ...factorsAt(time) }, own, read });
  };
  return { output, masks: () => localizer.masks() };
}

/** Shape of the graph that a pass runs. */
export function samplingShape({ model, facts }: Pipeline, { settings, concepts, height, width }: PassShape) {
  return {
    ...model,
    guided: isGuided(facts, settings),
    height,
    width,
    concepts: concepts.map(({ factors }) => ranksOf(factors)),
    maskSource: chooseMaskSource(
      settings.mask,
      concepts.map(({ probe }) => probe),
    ),
    ...(concepts.some(({ region }) => region !== undefined) && { hasRegions: true }),
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
function strengths(strength: number, settings: SamplingSettings, samples: 1 | 2): number[] {
  const applied = settings.mask === 'off' ? 0 : strength;
  if (samples === 1) return [applied];
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

/** The prompt for a picture's samples, the same over all steps. */
export function promptFeeds(
  { conditional, unconditional }: Pick<PassRequest, 'conditional' | 'unconditional'>,
  samples: 1 | 2,
): Record<string, Tensor> {
  return conditioningFeeds(samples === 2 ? [unconditional, conditional] : [conditional]);
}

/** The probes or token weights that find the concepts, the same over all steps. */
export function findingFeeds(
  concepts: readonly PromptConcept[],
  { facts }: Pipeline,
  maskSource: MaskSource,
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const [concept, { probe, tokenIndexes }] of concepts.entries()) {
    if (maskSource === 'probe') Object.assign(feeds, probeFeeds(concept, probe!));
    else Object.assign(feeds, tokenWeightFeeds(concept, tokenIndexes, facts.tokens));
  }
  return feeds;
}
