/** ModelTraits: all of a base model that decides if a concept fits it. No weight runs for them. */

import { hashCheckpoint } from '../checkpoint/checkpoint-hash.ts';
import type { Checkpoint } from '../checkpoint/component.ts';
import { sampleWeights } from '../checkpoint/weight-samples.ts';
import type { VariancePreserving } from '../diffusion/noise-process.ts';
import { familyOf } from '../models/families/registry.ts';
import type { AdapterSite } from '../models/family.ts';
import { splitParameterName } from '../models/layers/scope.ts';
import { denoiserWithTextGraph } from '../models/model-graphs.ts';
import { describeModel } from './pipeline.ts';

/** Identity of a base model, as a concept file names the one that it belongs to. */
export interface BaseModel {
  readonly name: string;
  /** SHA-256 of the weights (checkpoint-hash.ts); undefined where it is not known, as for a foreign LoRA file. */
  readonly hash?: string | undefined;
  /** `modelspec.architecture` of the ModelSpec standard. */
  readonly architecture: string;
}

export interface ModelTraits {
  readonly identity: BaseModel;
  /** weight-samples.ts; undefined where a tensor is missing, and the model cannot run. */
  readonly samples: string | undefined;
  readonly prediction: VariancePreserving['prediction'];
  /** Projections that residuals attach to. */
  readonly sites: readonly AdapterSite[];
  /** Width of each text encoder's token embeddings. */
  readonly textWidths: readonly number[];
}

/** @throws LikenessError `checkpoint-*` */
export async function traitsOf(checkpoint: Checkpoint, cacheFolder: string): Promise<ModelTraits> {
  const { model, facts, architecture, noiseProcess } = describeModel(checkpoint);
  const tensors = () =>
    [...denoiserWithTextGraph(model).build().parameters].map(([parameter, { shape }]) => ({
      ...splitParameterName(parameter),
      shape,
    }));
  return {
    identity: { name: checkpoint.name, hash: await hashCheckpoint(checkpoint, cacheFolder), architecture },
    samples: await sampleWeights(checkpoint, tensors, cacheFolder),
    prediction: noiseProcess.prediction,
    sites: familyOf(model).adapterSites(model.config),
    textWidths: facts.textEncoders.map(({ width }) => width),
  };
}
