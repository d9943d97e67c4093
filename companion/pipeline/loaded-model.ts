/**
 * LoadedModel: a base model opened for work, with its pipeline, recommended settings and identity. Its facts for clients
 * (readBaseModel) come from the configs, and no weight runs for them.
 */

import type { ModelSummary } from '../../shared/protocol/server-messages.ts';
import { hashCheckpoint } from '../checkpoint/checkpoint-hash.ts';
import { openCheckpoint } from '../models/families/formats.ts';
import { familyOf } from '../models/families/registry.ts';
import type { AdapterSite } from '../models/family.ts';
import type { Device } from '../runtime/device.ts';
import { chooseDevice } from '../runtime/device-choice.ts';
import { describeModel, Pipeline } from './pipeline.ts';
import { type RecommendedSettings, readRecommendedSettings, usualGuidanceResidual } from './settings.ts';

export interface EngineOptions {
  /** Folder of the base model in diffusers layout. */
  readonly model: string;
  readonly device: Device | 'auto';
  readonly threads?: number | undefined;
  /** Folder for what can be made again. */
  readonly cacheFolder: string;
  readonly signal?: AbortSignal | undefined;
}

/** Identity of a base model, as a concept file names the one that it belongs to. */
export interface BaseModel {
  readonly name: string;
  /** SHA-256 of the weights (checkpoint-hash.ts); undefined where it is not known, as for a foreign LoRA file. */
  readonly hash?: string | undefined;
  /** `modelspec.architecture` of the ModelSpec standard. */
  readonly architecture: string;
}

export interface LoadedModel {
  readonly pipeline: Pipeline;
  readonly recommended: RecommendedSettings;
  readonly identity: BaseModel;
  readonly device: Device;
}

/** @throws LikenessError `checkpoint-*` or `device-unavailable` */
export async function loadModel(options: EngineOptions): Promise<LoadedModel> {
  const { device } = await chooseDevice(options.device, { cacheFolder: options.cacheFolder });
  const pipeline = await Pipeline.open(options.model, {
    cacheFolder: options.cacheFolder,
    device,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  });
  const { checkpoint, architecture } = pipeline;
  return {
    pipeline,
    recommended: await readRecommendedSettings(options.model, pipeline.facts.sampling),
    identity: {
      name: checkpoint.name,
      hash: await hashCheckpoint(checkpoint, options.cacheFolder),
      architecture,
    },
    device,
  };
}

export interface BaseModelFacts {
  readonly summary: ModelSummary;
  /** Base model that concepts of it name. */
  readonly identity: BaseModel;
  /** Projections that residuals attach to. */
  readonly sites: readonly AdapterSite[];
}

/** Side of the model's picture in pixels, by its configs. @throws LikenessError `checkpoint-*` */
export async function readResolution(folder: string): Promise<number> {
  return describeModel(await openCheckpoint(folder)).facts.resolution;
}

/** Architecture and adapter sites, by the configs alone. @throws LikenessError `checkpoint-*` */
export async function readAdapterSites(
  folder: string,
): Promise<Pick<BaseModelFacts, 'sites'> & Pick<BaseModel, 'architecture'>> {
  const { model, architecture } = describeModel(await openCheckpoint(folder));
  return { architecture, sites: familyOf(model).adapterSites(model.config) };
}

/** @throws LikenessError `checkpoint-*` where the folder is no model that can run */
export async function readBaseModel(folder: string, cacheFolder: string): Promise<BaseModelFacts> {
  const checkpoint = await openCheckpoint(folder);
  const { model, facts, noiseProcess, architecture } = describeModel(checkpoint);
  const recommended = await readRecommendedSettings(folder, facts.sampling);
  const { teaching, sampling, classWords, placements } = recommended;
  return {
    summary: {
      name: checkpoint.name,
      resolution: facts.resolution,
      sizeUnit: facts.downscale * facts.latentUnit,
      ...(facts.sizes.length > 0 && { sizes: [...facts.sizes] }),
      defaults: {
        teach: { steps: teaching.steps },
        generate: {
          steps: sampling.steps,
          guidanceScale: sampling.guidanceScale,
          mask: sampling.mask,
          guidanceResidual: usualGuidanceResidual({ ...sampling, mask: 'adaptive' }),
        },
      },
      classWords,
      placements,
      isDemonstration: recommended.demonstration,
      ...(noiseProcess.unfollowed.length > 0 && { notes: [...noiseProcess.unfollowed] }),
    },
    identity: {
      name: checkpoint.name,
      hash: await hashCheckpoint(checkpoint, cacheFolder),
      architecture,
    },
    sites: familyOf(model).adapterSites(model.config),
  };
}
