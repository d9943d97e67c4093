/** requireFit: components of one model held to each other, so that what calls itself a known kind and is another is refused. */

import { LikenessError } from '../../../../shared/errors.ts';
import type { VaeConfig } from '../../layers/autoencoder-config.ts';
import type { UnetConfig } from '../../layers/unet-config.ts';

interface LatentComponents {
  readonly unet: UnetConfig;
  readonly vae: VaeConfig;
  /** Width of the text states, with the setting that says so. */
  readonly context: readonly [setting: string, width: number];
}

/** Extra input channels by what such models take in them: the latents of a masked picture and its mask, or a depth. */
export const EXTRA_CHANNELS: Readonly<Record<number, string>> = {
  1: 'a model that takes a depth map as well',
  3: 'a model that enlarges pictures',
  4: 'a model that edits pictures',
};

/** Input channels of an inpainting model: the latents, the mask, and the latents of the picture without the painted part. */
export function inpaintingChannels({ latentChannels }: Pick<VaeConfig, 'latentChannels'>): number {
  return 2 * latentChannels + 1;
}

/** @throws LikenessError `checkpoint-unsupported`, with the first two settings that do not fit */
export function requireFit({ unet, vae, context: [setting, width] }: LatentComponents, model: string): void {
  const extra = EXTRA_CHANNELS[unet.inChannels - vae.latentChannels];
  if (unet.inChannels !== vae.latentChannels && unet.inChannels !== inpaintingChannels(vae)) {
    const kind = extra === undefined ? '' : `: it is ${extra}`;
    throw misfit(
      model,
      `in_channels of its unet is ${unet.inChannels}`,
      `latent_channels of its vae ${vae.latentChannels}${kind}`,
    );
  }
  if (unet.outChannels !== vae.latentChannels) {
    throw misfit(
      model,
      `out_channels of its unet is ${unet.outChannels}`,
      `latent_channels of its vae ${vae.latentChannels}`,
    );
  }
  if (unet.crossAttentionDim !== width) {
    throw misfit(
      model,
      `cross_attention_dim of its unet is ${unet.crossAttentionDim}`,
      `${setting} ${width}`,
    );
  }
}

function misfit(model: string, got: string, expected: string): LikenessError {
  return new LikenessError('checkpoint-unsupported', `${model}: ${got}, and ${expected}`, {
    advice:
      'Use a model for text to image whose parts were made for each other: there is no graph for this one.',
  });
}
