/**
 * Files of Stable Diffusion XL (Podell et al. 2023, arXiv 2307.01952) and of the models taught from it: checkpoints, and
 * LoRAs on the output projections of the UNet's spatial transformers, which trainers of this family write under the
 * original code's names.
 */

import type { FamilyFormat, LoraNames } from '../../family.ts';
import { adapterSites } from '../latent-diffusion/adapter-sites.ts';
import { COMPONENTS } from '../latent-diffusion/components.ts';
import { TEXT_NETWORKS, UNET_NETWORK } from '../latent-diffusion/lora-networks.ts';
import {
  KOHYA_SUFFIXES,
  UNET_LAYERS_PER_BLOCK,
  unetLayerOf,
  unetSiteOf,
  unetTextKeyOf,
} from '../latent-diffusion/unet-lora-names.ts';
import { hasSgmNames, viewSgmFile } from './single-file.ts';

const SITE = /^(?:(down|up)_blocks\.(\d+)|mid_block)\.attentions\.(\d+)$/;

const lora: LoraNames = {
  networks: [...TEXT_NETWORKS, UNET_NETWORK],
  modules: 'an output projection of a UNet (proj_out)',
  prefix: 'unet',
  namesFor: (paths) => {
    const layersPerBlock = layersPerBlockOf(paths);
    return (path, part) =>
      `lora_unet_${originalBlock(path, layersPerBlock)}_proj_out.${KOHYA_SUFFIXES[part]}`;
  },
  textKeyOf: unetTextKeyOf,
  layerOf: unetLayerOf,
  publishedSites: adapterSites({
    blockOutChannels: [320, 640, 1280],
    down: [
      [null, null],
      [2, 2],
      [10, 10],
    ],
    middle: [10, null],
    up: [
      [10, 10, 10],
      [2, 2, 2],
      [null, null, null],
    ],
    projections: 'linear',
  }),
  layersPerBlock: UNET_LAYERS_PER_BLOCK,
  siteOf: unetSiteOf,
};

/** Residual blocks a level, by the last transformers of the levels: the way up has one more. */
function layersPerBlockOf(paths: readonly string[]): number {
  const counts = paths.map((path) => {
    const [, way, , attention] = SITE.exec(path) ?? [];
    return way === 'down' ? Number(attention) + 1 : way === 'up' ? Number(attention) : 0;
  });
  return Math.max(0, ...counts) || UNET_LAYERS_PER_BLOCK[0];
}

/** `down_blocks.1.attentions.0` -> `input_blocks_4_1`: the numbers count through the levels. */
function originalBlock(path: string, layersPerBlock: number): string {
  const [whole, way, block, attention] = SITE.exec(path) ?? [];
  if (whole === undefined) throw new Error(`internal: ${path} is no adapter site`);
  if (way === undefined) return 'middle_block_1';
  const position = Number(block) * (layersPerBlock + 1) + Number(attention);
  return way === 'down' ? `input_blocks_${position + 1}_1` : `output_blocks_${position}_1`;
}

export const stableDiffusionXlFormat: FamilyFormat = {
  id: 'stable-diffusion-xl',
  title: 'Stable Diffusion XL',
  pipelines: ['StableDiffusionXLPipeline', 'StableDiffusionXLInpaintPipeline'],
  components: [
    COMPONENTS.unet,
    { ...COMPONENTS.textEncoder, classes: ['CLIPTextModel'] },
    {
      ...COMPONENTS.textEncoder,
      name: 'text_encoder_2',
      title: 'second text encoder',
      hashedAs: 'textEncoder2',
      classes: ['CLIPTextModelWithProjection'],
    },
    COMPONENTS.vae,
    COMPONENTS.fastDecoder,
  ],
  tokenizers: ['tokenizer', 'tokenizer_2'],
  holds: hasSgmNames,
  viewSingleFile: viewSgmFile,
  architectures: [
    {
      id: 'stable-diffusion-xl-v1-base',
      resolution: 1024,
      storedAs: 'linear',
      contextWidth: 2048,
      trainerFields: { ss_base_model_version: 'sdxl_base_v1-0', ss_v2: 'False' },
    },
  ],
  lora,
};
