/**
 * What a base model is, from its configs and weight headers: no weight is read.
 * How a model that is damaged gets whole again.
 */

import { PROGRAM } from '../../shared/errors.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { downscaleFactor, parseVaeConfig } from '../models/layers/autoencoder-config.ts';
import { parseUnetConfig } from '../models/layers/unet-config.ts';
import { readRecommendedSettings } from '../pipeline/settings.ts';
import { elementCount } from '../tensor/tensor.ts';
import type { ModelPlace } from './catalogue.ts';
import { readPullRecord } from './pull-folder.ts';

export interface ModelFileSummary {
  readonly name: string;
  readonly folder: string;
  /** Side in pixels. */
  readonly resolution: number;
  readonly parameters: number;
  /** As the weights are stored: "fp16", or several. */
  readonly precision: string;
  readonly sizeBytes: number;
  /** undefined where the model does not say. */
  readonly licence: string | undefined;
}

/** @throws LikenessError `checkpoint-*` */
export async function summariseModel(folder: string): Promise<ModelFileSummary> {
  const checkpoint = await openCheckpoint(folder);
  const unet = parseUnetConfig(checkpoint.unet.config, `${checkpoint.name}/unet`);
  const vae = parseVaeConfig(checkpoint.vae.config, `${checkpoint.name}/vae`);
  const precisions = new Set<string>();
  let parameters = 0;
  let sizeBytes = 0;
  for (const { weights } of [checkpoint.unet, checkpoint.textEncoder, checkpoint.vae]) {
    for (const source of weights.sources) sizeBytes += source.sizeBytes;
    for (const name of weights.names()) {
      const { dtype, shape } = weights.get(name);
      parameters += elementCount(shape);
      // Integers are positions and the like, not weights.
      if (/^B?F\d/.test(dtype)) precisions.add(dtype.toLowerCase().replace(/^f/, 'fp'));
    }
  }
  const { licence = (await readPullRecord(folder))?.licence } = await readRecommendedSettings(folder);
  return {
    name: checkpoint.name,
    folder: checkpoint.folder,
    resolution: unet.sampleSize * downscaleFactor(vae),
    parameters,
    precision: [...precisions].sort().join('+'),
    sizeBytes,
    licence,
  };
}

/** undefined for a model that no pull has brought: nobody but its owner knows where it came from. */
export async function repairAdvice({
  name,
  folder,
}: Pick<ModelPlace, 'name' | 'folder'>): Promise<string | undefined> {
  const record = await readPullRecord(folder).catch(() => undefined);
  return record && `\`${PROGRAM} models pull ${name}\` fetches what differs.`;
}
