/** The base model that this companion runs, as clients are told of it. Configs are read, and no weight runs. */

import type { ModelSummary } from '../../shared/protocol/server-messages.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { hashCheckpoint } from '../checkpoint/checkpoint-hash.ts';
import { parseNoiseSchedule } from '../diffusion/noise-process.ts';
import { downscaleFactor, parseVaeConfig } from '../models/layers/autoencoder-config.ts';
import { parseUnetConfig } from '../models/layers/unet-config.ts';
import type { BaseModel } from './loaded-model.ts';
import { readRecommendedSettings } from './settings.ts';

export interface BaseModelFacts {
  readonly summary: ModelSummary;
  /** What concepts that belong to it say of it. */
  readonly identity: BaseModel;
}

/** @throws LikenessError `checkpoint-*` where the folder is no model that can run */
export async function readBaseModel(folder: string, cacheFolder: string): Promise<BaseModelFacts> {
  const checkpoint = await openCheckpoint(folder);
  const unet = parseUnetConfig(checkpoint.unet.config, `${checkpoint.name}/unet`);
  const vae = parseVaeConfig(checkpoint.vae.config, `${checkpoint.name}/vae`);
  const { teaching, sampling, classWords, placements } = await readRecommendedSettings(folder);
  const downscale = downscaleFactor(vae);
  const { predictionType } = parseNoiseSchedule(checkpoint.schedulerConfig);
  const v2 = predictionType === 'epsilon' ? 'stable-diffusion-v2-512' : 'stable-diffusion-v2-768-v';
  return {
    summary: {
      name: checkpoint.name,
      resolution: unet.sampleSize * downscale,
      // The UNet halves its latents between two levels.
      sizeUnit: downscale * 2 ** (unet.blockOutChannels.length - 1),
      defaults: {
        teach: { steps: teaching.steps },
        generate: { steps: sampling.steps, guidanceScale: sampling.guidanceScale, mask: sampling.mask },
      },
      classWords,
      placements,
    },
    identity: {
      name: checkpoint.name,
      hash: await hashCheckpoint(checkpoint, cacheFolder),
      architecture: unet.linearProjection ? v2 : 'stable-diffusion-v1',
    },
  };
}
