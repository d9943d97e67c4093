/**
 * ModelFit: a concept held against the base model that it is to be used with. Residuals act on any checkpoint that has the
 * projections they were learned on; on another than their own the product may look different, which is said in one line.
 */

import { LikenessError } from '../../shared/errors.ts';
import { areSamplesOfOneModel } from '../checkpoint/weight-samples.ts';
import type { BaseModel, ModelTraits } from '../pipeline/model-traits.ts';
import type { Concept, ConceptFacts } from './concept.ts';
import { siteMismatch } from './matching-sites.ts';

/** Parts of a base model that a concept's file needs. */
export interface ModelNeeds {
  /** Channels of each residual by its block's path; undefined where they are not known from the header. */
  readonly sites: Readonly<Record<string, number>> | undefined;
  /** Width of the learned embedding for each text encoder; none where none was learned. */
  readonly textWidths: readonly number[];
}

export type FittedConcept = Pick<ConceptFacts, 'name' | 'baseModel' | 'baseWeights'> & {
  readonly needs: ModelNeeds;
};

export type ModelFit =
  /** Taught on this model, in whatever file and precision. */
  | { readonly kind: 'same' }
  /** It has the model's projections, and its own model is not known, as of a LoRA file from elsewhere. */
  | { readonly kind: 'unknown' }
  /** Taught on another checkpoint of the architecture: `note` is the line that says so. */
  | { readonly kind: 'other'; readonly note: string }
  /** It cannot act on this model. */
  | { readonly kind: 'none'; readonly reason: string };

/** `same` by hash or by samples of the weights, `other` with a note for people, `none` with the reason, `unknown` without a hash. */
export function modelFit(concept: FittedConcept, model: ModelTraits): ModelFit {
  const { baseModel, baseWeights } = concept;
  const reason = misfit(concept, model);
  if (reason !== undefined) return { kind: 'none', reason };
  if (baseModel.hash === undefined) return { kind: 'unknown' };
  const isSame = isSameModel(concept, model);
  const isSameAim = baseWeights === undefined || baseWeights.prediction === model.prediction;
  if (isSame === true && isSameAim) return { kind: 'same' };
  return { kind: 'other', note: noteOf(concept, model.identity, isSame === undefined) };
}

/** @param mayBeCopy true where nothing tells if it is another model */
function noteOf({ name, baseModel }: FittedConcept, { name: here }: BaseModel, mayBeCopy: boolean): string {
  const taughtOn = baseModel.name === here ? `another model named ${here}` : baseModel.name;
  const where = mayBeCopy ? `unless ${here} is a copy of it, it may` : `on ${here} it may`;
  return `@${name} was taught on ${taughtOn}; ${where} look different.`;
}

/** @throws LikenessError `concept-mismatch` for one that cannot act on this model; else its fit */
export function requireModelFit(
  concept: FittedConcept,
  model: ModelTraits,
): Exclude<ModelFit, { kind: 'none' }> {
  const fit = modelFit(concept, model);
  if (fit.kind !== 'none') return fit;
  throw misfitError(concept, fit.reason, `teach @${concept.name} again on ${model.identity.name}`);
}

/** @param otherwise the way out on this model, as a part of a sentence */
export function misfitError(
  { name, baseModel }: FittedConcept,
  reason: string,
  otherwise: string,
): LikenessError {
  const way = `${otherwise[0]!.toUpperCase()}${otherwise.slice(1)}`;
  const advice =
    baseModel.hash === undefined ? `${way}.` : `Choose the model ${baseModel.name}, or ${otherwise}.`;
  return new LikenessError('concept-mismatch', `@${name} does not fit this model: ${reason}`, { advice });
}

/** Sites with their channels, and the width of each text encoder whose embeddings were learned. */
export function needsOf({
  factors,
  tokenEmbeddings = [],
}: Pick<Concept, 'factors' | 'tokenEmbeddings'>): ModelNeeds {
  return {
    sites: Object.fromEntries([...factors].map(([path, { channels }]) => [path, channels])),
    textWidths: tokenEmbeddings.map(({ length }) => length),
  };
}

/** The first thing in which the model is of another make; undefined where the concept can act on it. */
function misfit(
  { baseModel, needs }: FittedConcept,
  { identity, sites, textWidths }: ModelTraits,
): string | undefined {
  if (baseModel.architecture !== identity.architecture) {
    return `it was taught on ${described(baseModel)}, expected ${described(identity)}`;
  }
  const fault = needs.sites && siteMismatch(needs.sites, sites);
  if (fault !== undefined) return `it was taught on ${baseModel.name}; ${fault}`;
  if (needs.textWidths.length === 0 || `${needs.textWidths}` === `${textWidths}`) return undefined;
  const got = `its word has ${needs.textWidths.join(' and ')} numbers`;
  return `it was taught on ${baseModel.name}; ${got}, expected ${textWidths.join(' and ')}`;
}

/** undefined where nothing tells: a concept of the version before, and a file with another hash. */
function isSameModel(
  { baseModel, baseWeights }: FittedConcept,
  { identity, samples }: ModelTraits,
): boolean | undefined {
  if (baseModel.hash === identity.hash) return true;
  if (baseWeights === undefined || samples === undefined) return undefined;
  return areSamplesOfOneModel(baseWeights.samples, samples);
}

function described({ name, architecture }: BaseModel): string {
  return `${name} (${architecture})`;
}
