/**
 * Files of Stable Diffusion 1.x and 2.x: checkpoints, and LoRAs on the output projections of the UNet's spatial
 * transformers. Inpainting models, which have UNets of more input channels, are read as well.
 */

import type { FamilyFormat, LoraNames } from '../../family.ts';
import { adapterSites } from '../latent-diffusion/adapter-sites.ts';
import { COMPONENTS } from '../latent-diffusion/components.ts';
import { TEXT_NETWORK, UNET_NETWORK } from '../latent-diffusion/lora-networks.ts';
import {
  KOHYA_SUFFIXES,
  UNET_LAYERS_PER_BLOCK,
  unetLayerOf,
  unetSiteOf,
  unetTextKeyOf,
} from '../latent-diffusion/unet-lora-names.ts';
import { OTHER_MODELS } from '../other-models.ts';
import { OTHER_NETWORKS } from '../other-networks.ts';
import { holds, viewSingleFile } from './single-file.ts';

const lora: LoraNames = {
  networks: [TEXT_NETWORK, UNET_NETWORK],
  modules: 'an output projection of a UNet (proj_out)',
  prefix: 'unet',
  namesFor: () => (path, part) =>
    `lora_unet_${unetLayerOf(path).replaceAll('.', '_')}.${KOHYA_SUFFIXES[part]}`,
  textKeyOf: unetTextKeyOf,
  layerOf: unetLayerOf,
  publishedSites: adapterSites({
    blockOutChannels: [320, 640, 1280, 1280],
    down: [
      [1, 1],
      [1, 1],
      [1, 1],
      [null, null],
    ],
    middle: [1, null],
    up: [
      [null, null, null],
      [1, 1, 1],
      [1, 1, 1],
      [1, 1, 1],
    ],
    projections: 'conv1x1',
  }),
  layersPerBlock: UNET_LAYERS_PER_BLOCK,
  siteOf: unetSiteOf,
};

const VERSION_1 = {
  storedAs: 'conv1x1',
  contextWidth: 768,
  trainerFields: { ss_base_model_version: 'sd_v1', ss_v2: 'False' },
} as const;
const VERSION_2 = {
  storedAs: 'linear',
  contextWidth: 1024,
  trainerFields: { ss_base_model_version: 'sd_v2', ss_v2: 'True' },
} as const;

export const stableDiffusionFormat: FamilyFormat = {
  id: 'stable-diffusion',
  title: 'Stable Diffusion 1.x or 2.x',
  pipelines: [
    ...['StableDiffusionPipeline', 'StableDiffusionImg2ImgPipeline', 'StableDiffusionInpaintPipeline'],
    ...['LatentConsistencyModelPipeline', 'LatentConsistencyModelImg2ImgPipeline'],
  ],
  refused: OTHER_MODELS,
  networks: OTHER_NETWORKS,
  components: [COMPONENTS.unet, COMPONENTS.textEncoder, COMPONENTS.vae, COMPONENTS.fastDecoder],
  tokenizers: ['tokenizer'],
  holds,
  viewSingleFile,
  architectures: [
    { id: 'stable-diffusion-v1', resolution: 512, ...VERSION_1 },
    { id: 'stable-diffusion-v2-512', resolution: 512, ...VERSION_2 },
    { id: 'stable-diffusion-v2-768-v', resolution: 768, ...VERSION_2 },
  ],
  lora,
};
