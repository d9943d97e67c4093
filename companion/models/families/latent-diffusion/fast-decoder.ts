/**
 * Fast decoder: AutoencoderTiny (TAESD) as an optional component of a family. It decodes in a fraction of the time, so that
 * previews can show the real picture at every step.
 */

import { LikenessError } from '../../../../shared/errors.ts';
import { mul } from '../../../graph/ops/index.ts';
import type { Value } from '../../../graph/value.ts';
import type { ModelConfigs, Scopes } from '../../family.ts';
import { parseTinyVaeConfig, type TinyVaeConfig } from '../../layers/autoencoder-config.ts';
import { decodeLatentsTiny } from '../../layers/autoencoder-tiny.ts';
import { COMPONENTS } from './components.ts';

const { name: NAME } = COMPONENTS.fastDecoder;

/** Codec of the latents that it must belong to. */
interface FullCodec {
  readonly latentChannels: number;
  /** Image pixels a latent cell, on each side. */
  readonly downscale: number;
}

/**
 * Undefined where the checkpoint has none.
 * @throws LikenessError `checkpoint-unsupported` for one of other latents, or with a setting that no graph knows
 */
export function parseFastDecoder(
  configs: ModelConfigs,
  model: string,
  { latentChannels, downscale }: FullCodec,
): TinyVaeConfig | undefined {
  const config = configs.of(NAME);
  if (config === undefined) return undefined;
  const tiny = parseTinyVaeConfig(config, `${model}/${NAME}`);
  const enlarges = 2 ** (tiny.decoderBlocks.length - 1);
  if (tiny.latentChannels === latentChannels && enlarges === downscale) return tiny;
  throw new LikenessError(
    'checkpoint-unsupported',
    `${model}/${NAME} decodes ${tiny.latentChannels} channels by ${enlarges}, the model has ${latentChannels} by ${downscale}`,
    { advice: 'Take the folder out, or put the fast decoder of this kind of model there.' },
  );
}

/** Latents [B, C, h, w] in the denoiser's scale -> picture, about [-1, 1]. */
export function decodeFast(scopes: Scopes, config: TinyVaeConfig | undefined, latents: Value): Value {
  if (config === undefined) throw new Error('internal: this model has no fast decoder');
  const own = config.scalingFactor === 1 ? latents : mul(latents, 1 / config.scalingFactor);
  return decodeLatentsTiny(scopes(NAME), config, own);
}
