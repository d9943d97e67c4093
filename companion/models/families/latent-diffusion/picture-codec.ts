/** pictureCodec: AutoencoderKL between pictures and the denoiser's latents, and the fast decoder where a model has one. */

import { mul } from '../../../graph/ops/index.ts';
import type { ModelFamily } from '../../family.ts';
import { decodeLatents, encodePicture } from '../../layers/autoencoder.ts';
import type { TinyVaeConfig, VaeConfig } from '../../layers/autoencoder-config.ts';
import { decodeFast } from './fast-decoder.ts';

interface CodecConfig {
  readonly vae: VaeConfig;
  /** Undefined for a model without one. */
  readonly fastDecoder?: TinyVaeConfig | undefined;
}

/** Latents are the mean of the encoder's distribution times `scaling_factor`, as in diffusers. */
export const pictureCodec: ModelFamily<CodecConfig>['codec'] = {
  encode: (scopes, { vae }, picture) =>
    mul(encodePicture(scopes('vae'), vae, picture).mean, vae.scalingFactor),
  decode: (scopes, { vae, fastDecoder }, latents, decoder) =>
    decoder === 'fast'
      ? decodeFast(scopes, fastDecoder, latents)
      : decodeLatents(scopes('vae'), vae, mul(latents, 1 / vae.scalingFactor)),
};
