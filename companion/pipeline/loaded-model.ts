/**
 * LoadedModel: a base model opened for work, with its pipeline, recommended settings and identity. Its facts for clients
 * (readBaseModel) come from the configs, and no weight runs for them.
 */

import type { ModelSummary } from '../../shared/protocol/server-messages.ts';
import type { Checkpoint } from '../checkpoint/component.ts';
import { type MergedLora, mergeLoras } from '../lora/merged-checkpoint.ts';
import { openCheckpoint } from '../models/families/formats.ts';
import { familyOf } from '../models/families/registry.ts';
import type { ModelFacts } from '../models/family.ts';
import type { Device, DevicePrecision } from '../runtime/device.ts';
import { chooseDevice, choosePrecision } from '../runtime/device-choice.ts';
import {
  fewStepNotes,
  fewStepSettings,
  type GuidanceLimit,
  guidanceLimitsOf,
  type LoraRequest,
  withBrought,
} from './few-steps.ts';
import { type BaseModel, type ModelTraits, traitsOf } from './model-traits.ts';
import { describeModel, Pipeline } from './pipeline.ts';
import { type RecommendedSettings, readRecommendedSettings, usualGuidanceResidual } from './settings.ts';

export interface EngineOptions {
  /** Folder of the base model in diffusers layout. */
  readonly model: string;
  readonly device: Device | 'auto';
  /** Default 'auto'. */
  readonly precision?: DevicePrecision | 'auto' | undefined;
  readonly threads?: number | undefined;
  /** Most of a graphics card's memory that may be taken; default: as its driver says. */
  readonly deviceMemoryBytes?: number | undefined;
  /** Folder for what can be made again. */
  readonly cacheFolder: string;
  readonly signal?: AbortSignal | undefined;
  /** Merged into the model, in this order; none where it is taught. */
  readonly loras?: readonly LoraRequest[] | undefined;
}

export interface LoadedModel {
  readonly pipeline: Pipeline;
  readonly recommended: RecommendedSettings;
  /** Identity of the base model: concepts belong to it, whatever is merged into it. */
  readonly identity: BaseModel;
  readonly traits: ModelTraits;
  readonly device: Device;
  readonly precision: DevicePrecision;
  readonly deviceMemoryBytes?: number | undefined;
  readonly loras: readonly MergedLora[];
  readonly guidanceLimits: readonly GuidanceLimit[];
  /** Sentences for people: wishes of its scheduler that are not followed, and what its name says. */
  readonly notes: readonly string[];
}

/** @throws LikenessError `checkpoint-*` or `device-unavailable`, for a LoRA `concept-*` */
export async function loadModel(options: EngineOptions): Promise<LoadedModel> {
  const { cacheFolder, threads, loras = [] } = options;
  const { device } = await chooseDevice(options.device, { cacheFolder });
  const precision = await choosePrecision(options.precision ?? 'auto', device, { cacheFolder });
  const base = await openCheckpoint(options.model);
  const { facts, architecture } = describeModel(base);
  const { name } = base;
  const { checkpoint, merged } = await mergeLoras(base, { name, architecture }, loras, {
    cacheFolder,
    threads,
  });
  const pipeline = await Pipeline.of(checkpoint, {
    precision: precision === 'fp16' ? 'float16' : 'float32',
    cacheFolder,
    device,
    ...(threads === undefined ? {} : { threads }),
  });
  const recommended = await recommendedOf(base, facts);
  const active = loras.filter(({ weight }) => weight !== 0);
  const traits = await traitsOf(base, cacheFolder);
  return {
    pipeline,
    recommended: withBrought(recommended, active),
    identity: traits.identity,
    traits,
    device,
    precision,
    deviceMemoryBytes: options.deviceMemoryBytes,
    loras: merged,
    guidanceLimits: guidanceLimitsOf(name, recommended, active),
    notes: [...pipeline.noiseProcess.unfollowed, ...fewStepNotes(name, withBrought(recommended, active))],
  };
}

/** The model's own recommendation, over that for models of few steps, over the family's. */
function recommendedOf(checkpoint: Checkpoint, facts: ModelFacts): Promise<RecommendedSettings> {
  return readRecommendedSettings(checkpoint.folder, {
    ...facts.sampling,
    ...fewStepSettings(checkpoint, facts),
  });
}

export interface BaseModelFacts extends ModelTraits {
  readonly summary: ModelSummary;
}

/** All of a model that decides if a concept fits it; its weights are read where they changed since the last time. */
export async function readTraits(folder: string, cacheFolder: string): Promise<ModelTraits> {
  return traitsOf(await openCheckpoint(folder), cacheFolder);
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
  const { facts, noiseProcess } = describeModel(checkpoint);
  const recommended = await recommendedOf(checkpoint, facts);
  const { teaching, sampling, classWords, placements } = recommended;
  const notes = [...noiseProcess.unfollowed, ...fewStepNotes(checkpoint.name, recommended)];
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
          ...(sampling.guidanceMax !== undefined && { guidanceMax: sampling.guidanceMax }),
          ...(facts.embedsGuidance && { embedsGuidance: true }),
          mask: sampling.mask,
          guidanceResidual: usualGuidanceResidual({ ...sampling, mask: 'adaptive' }),
        },
      },
      classWords,
      placements,
      isDemonstration: recommended.demonstration,
      ...(notes.length > 0 && { notes }),
    },
    ...(await traitsOf(checkpoint, cacheFolder)),
  };
}
