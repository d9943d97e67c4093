/** Validation image of a concept in training: one small picture from the live factors, always of the same noise. */

import { LikenessError } from '../../../shared/errors.ts';
import { parseMentions } from '../../../shared/mentions.ts';
import { fromModelRange } from '../../images/encode.ts';
import type { Picture } from '../../images/picture.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { LearnedWords } from '../../pipeline/pipeline.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import type { TeachingSettings } from '../../training/memory-plan.ts';
import type { TrainingState } from '../../training/training-state.ts';
import { conceptTokens, expandMentions } from '../generation/prompt.ts';
import { samplePicture } from '../generation/sample-picture.ts';
import type { TeachRequest } from '../requests.ts';

/** Shares of the run after which a sample is made. */
const SHARES = [0.25, 0.5, 0.75, 1] as const;

/**
 * DPM-Solver++ shows the object after so few steps. Ten guided steps take the time of about two steps of teaching, so
 * that a run of 150 is some 5 % longer for its four samples.
 */
const SAMPLING = { sampler: 'dpmpp2m', steps: 10, mask: 'full', guidanceResidual: 'both' } as const;

export function isValidationStep(step: number, steps: number): boolean {
  return SHARES.some((share) => Math.ceil(share * steps) === step);
}

export interface ValidationImageOptions {
  readonly identifier: string;
  readonly settings: TeachingSettings;
  readonly request: TeachRequest;
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
): Promise<Picture | undefined> {
  try {
    return await sampleConcept(model, state, options);
  } catch (error) {
    if (error instanceof LikenessError && error.code === 'memory') return undefined;
    throw error;
  }
}

async function sampleConcept(
  { pipeline, recommended }: LoadedModel,
  { factors, probe, tokenEmbeddings }: TrainingState,
  { identifier, settings, request: { name, classWord, seed, signal } }: ValidationImageOptions,
): Promise<Picture> {
  const caption = settings.captions[0]!.replace('{}', `@${name}`);
  const prompt = expandMentions(parseMentions(caption), [{ name, identifier, classWord }]);
  const tokenIndexes = conceptTokens(pipeline, prompt).get(name)!;
  const learned: LearnedWords = new Map(tokenEmbeddings === undefined ? [] : [[identifier, tokenEmbeddings]]);
  const { resolution, downscale } = pipeline.facts;
  const size = { width: resolution, height: resolution };
  const conditional = await pipeline.encodePrompt(prompt.text, size, learned);
  const unconditional = await pipeline.encodePrompt(undefined, size);
  const cells = resolution / downscale;
  const sampling: SamplingSettings = { ...recommended.sampling, ...SAMPLING };
  const steps = samplePicture(pipeline, {
    conditional,
    unconditional,
    concepts: [
      {
        factors,
        probe,
        minRankFraction: settings.noisyRankShare,
        tokenIndexes,
        strength: 1,
      },
    ],
    settings: sampling,
    seed,
    height: cells,
    width: cells,
    signal,
  });
  let next = await steps.next();
  while (!next.done) next = await steps.next();
  const pixels = await pipeline.decodeLatents(next.value.latents, cells, cells);
  return fromModelRange(pixels, resolution, resolution);
}
