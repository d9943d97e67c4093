/**
 * Validation image of a concept in training: one small picture from the live factors, always of the same noise, with the
 * mask of what was drawn as the product.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { parseMentions } from '../../../shared/mentions.ts';
import { fromModelRange } from '../../images/encode.ts';
import type { Picture } from '../../images/picture.ts';
import type { LocalizedMask } from '../../localization/mask.ts';
import type { Conditioning } from '../../pipeline/conditioning.ts';
import { everythingPainted } from '../../pipeline/inpainting.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import type { LearnedWords } from '../../pipeline/text-states.ts';
import type { TeachingSettings } from '../../training/memory-plan.ts';
import type { TrainingState } from '../../training/training-state.ts';
import type { PromptConcept } from '../generation/guided-pass.ts';
import { conceptTokens, expandMentions } from '../generation/prompt.ts';
import { samplePicture } from '../generation/sample-picture.ts';
import type { TeachRequest } from '../requests.ts';

/** Shares of the run after which a sample is made on the way; the last one comes with the measure of its likeness. */
const SHARES = [0.25, 0.5, 0.75] as const;

/**
 * DPM-Solver++ shows the object after so few steps. Ten guided steps take the time of about two steps of teaching, so
 * that a run of 150 is some 5 % longer for its four samples.
 */
const QUICK = { sampler: 'dpmpp2m', steps: 10 } as const;

/**
 * Settings of the image: a model of fewer steps is sampled as it is used, since its network knows no others.
 * @internal
 */
export function validationSampling(recommended: SamplingSettings): SamplingSettings {
  const quick = recommended.steps > QUICK.steps ? QUICK : {};
  return { ...recommended, ...quick, mask: 'full', guidanceResidual: 'both' };
}

export function isValidationStep(step: number, steps: number): boolean {
  return SHARES.some((share) => Math.ceil(share * steps) === step);
}

export interface ValidationImageOptions {
  readonly identifier: string;
  readonly settings: TeachingSettings;
  readonly request: TeachRequest;
}

export interface ValidationImage {
  readonly picture: Picture;
  readonly mask: LocalizedMask;
}

/** The concept's caption as the model reads it, with what was learned of its words. */
export interface LearnedPrompt {
  readonly conditional: Conditioning;
  readonly concept: PromptConcept;
}

/**
 * Reads the state and changes nothing, so that a run learns the same with and without samples. Undefined when
 * memory runs out: a validation image must not be what ends the run.
 * @throws LikenessError `cancelled` between two steps
 */
export async function renderValidationImage(
  model: LoadedModel,
  state: TrainingState,
  options: ValidationImageOptions,
): Promise<ValidationImage | undefined> {
  try {
    return await sampleConcept(model, state, options);
  } catch (error) {
    if (error instanceof LikenessError && error.code === 'memory') return undefined;
    throw error;
  }
}

async function sampleConcept(
  model: LoadedModel,
  state: TrainingState,
  options: ValidationImageOptions,
): Promise<ValidationImage> {
  const { pipeline, recommended } = model;
  const { resolution, downscale } = pipeline.facts;
  const { conditional, concept } = await learnedPrompt(model, state, options, resolution);
  const unconditional = await pipeline.encodePrompt(undefined, { width: resolution, height: resolution });
  const cells = resolution / downscale;
  const { seed, signal } = options.request;
  const steps = samplePicture(pipeline, {
    conditional,
    unconditional,
    concepts: [concept],
    painted: await everythingPainted(pipeline, { height: cells, width: cells }),
    settings: validationSampling(recommended.sampling),
    seed,
    height: cells,
    width: cells,
    signal,
  });
  let next = await steps.next();
  while (!next.done) next = await steps.next();
  const { latents, masks } = next.value;
  const pixels = await pipeline.decodeLatents(latents, cells, cells);
  return { picture: fromModelRange(pixels, resolution, resolution), mask: masks![0]! };
}

/** @param side of the picture that it is for, in pixels */
export async function learnedPrompt(
  { pipeline }: LoadedModel,
  { factors, probe, tokenEmbeddings }: TrainingState,
  { identifier, settings, request: { name, classWord } }: ValidationImageOptions,
  side: number,
): Promise<LearnedPrompt> {
  const caption = settings.captions[0]!.replace('{}', `@${name}`);
  const prompt = expandMentions(parseMentions(caption), [{ name, identifier, classWord }]);
  const tokenIndexes = conceptTokens(pipeline, prompt).get(name)!;
  const learned: LearnedWords = new Map(tokenEmbeddings === undefined ? [] : [[identifier, tokenEmbeddings]]);
  const conditional = await pipeline.encodePrompt(prompt.text, { width: side, height: side }, learned);
  const minRankFraction = settings.noisyRankShare;
  return { conditional, concept: { factors, probe, minRankFraction, tokenIndexes, strength: 1 } };
}
