/**
 * LoadedModel: a base model opened for work, with its pipeline, recommended settings and identity. Its facts for clients
 * (readBaseModel) come from the configs, and no weight runs for them.
 */

import type { ModelSummary } from '../../shared/protocol/server-messages.ts';
import { hashCheckpoint } from '../checkpoint/checkpoint-hash.ts';
import { seededNoise } from '../diffusion/random.ts';
import { fitLatentColours, type LatentColours } from '../images/latent-preview.ts';
import { openCheckpoint } from '../models/families/formats.ts';
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
    recommended: await readRecommendedSettings(options.model),
    identity: {
      name: checkpoint.name,
      hash: await hashCheckpoint(checkpoint, options.cacheFolder),
      architecture,
    },
    device,
  };
}

/** Side of the latents that the preview's colours are fitted on; the map is the same at every size. */
const COLOUR_CELLS = 16;

/** By pipeline: an open model makes many pictures, and the map is the same for all of them. */
const fitted = new WeakMap<Pipeline, Promise<LatentColours>>();

/** The linear map from latents to colours that previews of this model use; fitted when it is first asked for. */
export function previewColours(pipeline: Pipeline): Promise<LatentColours> {
  let colours = fitted.get(pipeline);
  if (colours === undefined) {
    colours = fitPreview(pipeline);
    fitted.set(pipeline, colours);
    // A failure is not kept: the next job may have the memory that this one lacked.
    colours.catch(() => fitted.delete(pipeline));
  }
  return colours;
}

/**
 * Fits the map by decoding noise once: it belongs to the model's codec, and no table has the one of a checkpoint that
 * nobody has seen before.
 */
async function fitPreview(pipeline: Pipeline): Promise<LatentColours> {
  const { latentChannels, downscale } = pipeline.facts;
  const latents = seededNoise(latentChannels * COLOUR_CELLS ** 2, 0);
  const side = COLOUR_CELLS * downscale;
  const pixels = await pipeline.decodeLatents(latents, COLOUR_CELLS, COLOUR_CELLS);
  const colours = new Float32Array(3 * COLOUR_CELLS ** 2);
  for (let index = 0; index < pixels.length; index++) {
    const plane = Math.floor(index / side ** 2);
    const row = Math.floor((index % side ** 2) / side / downscale);
    const column = Math.floor((index % side) / downscale);
    colours[plane * COLOUR_CELLS ** 2 + row * COLOUR_CELLS + column]! += pixels[index]! / downscale ** 2;
  }
  return fitLatentColours([{ latents, colours }], latentChannels);
}

export interface BaseModelFacts {
  readonly summary: ModelSummary;
  /** Base model that concepts of it name. */
  readonly identity: BaseModel;
}

/** @throws LikenessError `checkpoint-*` where the folder is no model that can run */
export async function readBaseModel(folder: string, cacheFolder: string): Promise<BaseModelFacts> {
  const checkpoint = await openCheckpoint(folder);
  const { facts, architecture } = describeModel(checkpoint);
  const recommended = await readRecommendedSettings(folder);
  const { teaching, sampling, classWords, placements } = recommended;
  return {
    summary: {
      name: checkpoint.name,
      resolution: facts.resolution,
      sizeUnit: facts.downscale * facts.latentUnit,
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
    },
    identity: {
      name: checkpoint.name,
      hash: await hashCheckpoint(checkpoint, cacheFolder),
      architecture,
    },
  };
}
