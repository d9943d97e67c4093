/** Files of Stable Diffusion 1.x and 2.x. Inpainting and depth pipelines have UNets of more input channels. */

import type { FamilyFormat } from '../../family.ts';
import { loraNames } from './lora-names.ts';
import { currentAttentionName } from './original-names.ts';
import { viewSingleFile } from './single-file.ts';

const KOHYA_1 = { ss_base_model_version: 'sd_v1', ss_v2: 'False' };
const KOHYA_2 = { ss_base_model_version: 'sd_v2', ss_v2: 'True' };

export const stableDiffusionFormat: FamilyFormat = {
  id: 'stable-diffusion',
  advice: 'Use a Stable Diffusion 1.x or 2.x model for text to image.',
  pipelines: ['StableDiffusionPipeline', 'StableDiffusionImg2ImgPipeline'],
  components: [
    { name: 'unet', title: 'UNet', hashedAs: 'unet', classes: ['UNet2DConditionModel'] },
    {
      name: 'text_encoder',
      title: 'text encoder',
      hashedAs: 'textEncoder',
      classes: ['CLIPTextModel', 'CLIPTextModelWithProjection'],
    },
    {
      name: 'vae',
      title: 'autoencoder',
      hashedAs: 'vae',
      classes: ['AutoencoderKL', 'AutoencoderTiny'],
      currentName: currentAttentionName,
    },
  ],
  viewSingleFile,
  architectures: [
    { id: 'stable-diffusion-v1', resolution: 512, trainerFields: KOHYA_1 },
    { id: 'stable-diffusion-v2-512', resolution: 512, trainerFields: KOHYA_2 },
    { id: 'stable-diffusion-v2-768-v', resolution: 768, trainerFields: KOHYA_2 },
  ],
  lora: loraNames,
};
