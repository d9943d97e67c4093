/** Stable Diffusion 1.x and 2.x: one CLIP text encoder, a UNet of spatial transformers, AutoencoderKL. */

import { LikenessError } from '../../../../shared/errors.ts';
import { supportedModels } from '../../../checkpoint/component.ts';
import { noiseProcessOf } from '../../../diffusion/scheduler-config.ts';
import { CONTEXT, type ModelFamily } from '../../family.ts';
import {
  downscaleFactor,
  parseVaeConfig,
  type TinyVaeConfig,
  type VaeConfig,
} from '../../layers/autoencoder-config.ts';
import {
  buildClipText,
  type ClipTextConfig,
  embedTokens,
  parseClipTextConfig,
} from '../../layers/clip-text.ts';
import { buildUnet } from '../../layers/unet.ts';
import { parseUnetConfig, type UnetConfig } from '../../layers/unet-config.ts';
import { adapterSites } from '../latent-diffusion/adapter-sites.ts';
import { requireFit } from '../latent-diffusion/component-fit.ts';
import { parseFastDecoder } from '../latent-diffusion/fast-decoder.ts';
import { guidanceInputs, TIMESTEP_COND } from '../latent-diffusion/guidance-embedding.ts';
import { pictureCodec } from '../latent-diffusion/picture-codec.ts';
import { stableDiffusionFormat } from './format.ts';

export interface StableDiffusionConfig {
  readonly text: ClipTextConfig;
  readonly unet: UnetConfig;
  readonly vae: VaeConfig;
  /** Undefined where the checkpoint has none. */
  readonly fastDecoder?: TinyVaeConfig | undefined;
}

export const stableDiffusion: ModelFamily<StableDiffusionConfig> = {
  format: stableDiffusionFormat,
  parse: (configs, model) => {
    const vae = parseVaeConfig(configs.of('vae'), `${model}/vae`);
    const unet = withoutAddition(parseUnetConfig(configs.of('unet'), `${model}/unet`), `${model}/unet`);
    const text = parseClipTextConfig(configs.of('text_encoder'), `${model}/text_encoder`);
    requireFit({ unet, vae, context: ['hidden_size of its text encoder', text.hiddenSize] }, model);
    return {
      unet,
      text,
      vae,
      fastDecoder: parseFastDecoder(configs, model, { ...vae, downscale: downscaleFactor(vae) }),
    };
  },
  facts: ({ text, unet, vae, fastDecoder }) => {
    const downscale = downscaleFactor(vae);
    return {
      latentChannels: unet.outChannels,
      inputChannels: unet.inChannels,
      downscale,
      latentScale: vae.scalingFactor,
      // The UNet halves its latents between two levels.
      latentUnit: 2 ** (unet.blockOutChannels.length - 1),
      resolution: unet.sampleSize * downscale,
      tokens: text.length,
      textEncoders: [{ tokens: text.length, width: text.hiddenSize, pooled: false }],
      absentPrompt: 'empty',
      embedsGuidance: unet.guidanceWidth !== undefined,
      sampling: { sampler: 'ddim', guidanceScale: 7.5 },
      sizes: [],
      hasFastDecoder: fastDecoder !== undefined,
    };
  },
  /** 2.x is known by its linear projections: a 1.x model that predicts v is still of 1.x. */
  architecture: ({ unet }, prediction) => {
    if (unet.projections === 'conv1x1') return 'stable-diffusion-v1';
    return prediction === 'epsilon' ? 'stable-diffusion-v2-512' : 'stable-diffusion-v2-768-v';
  },
  embedTokens: (scopes, { text }, _index, ids) => embedTokens(scopes('text_encoder'), text, ids),
  conditioning: ({ text, unet }) => [
    { name: CONTEXT, shape: [text.length, unet.crossAttentionDim] },
    ...guidanceInputs(unet),
  ],
  buildText: (scopes, { text }, [prompt]) => ({
    [CONTEXT]: buildClipText(scopes('text_encoder'), text, prompt!.embeddings),
  }),
  buildDenoiser: (scopes, { unet }, { sample, timestep, conditioning, hook }, adapter) =>
    buildUnet(scopes('unet', hook), unet, {
      sample,
      timestep,
      encoderHiddenStates: conditioning[CONTEXT]!,
      guidance: conditioning[TIMESTEP_COND],
      ...(adapter && { adapter }),
    }),
  codec: pictureCodec,
  adapterSites: ({ unet }) => adapterSites(unet),
  isBlock: (path) => /(resnets|attentions|samplers)\.\d+$/.test(path),
  noiseProcess: noiseProcessOf,
};

function withoutAddition(unet: UnetConfig, subject: string): UnetConfig {
  if (unet.addition === undefined) return unet;
  throw new LikenessError(
    'checkpoint-unsupported',
    `${subject}: config.json, addition_embed_type: a ${stableDiffusionFormat.pipelines[0]} embeds the timestep alone`,
    { advice: supportedModels([stableDiffusionFormat]) },
  );
}
