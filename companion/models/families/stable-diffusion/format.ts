/**
 * Files of Stable Diffusion 1.x and 2.x: checkpoints, and LoRAs on the output projections of the UNet's spatial transformers,
 * in the three ways that such files spell them. Inpainting and depth pipelines have UNets of more input channels.
 */

import type { FamilyFormat, LoraDialect, LoraNames, LoraPart, LoraTensorName } from '../../family.ts';
import { currentAttentionName } from './original-names.ts';
import { viewSingleFile } from './single-file.ts';

const KOHYA_SUFFIXES: Readonly<Record<LoraPart, string>> = {
  down: 'lora_down.weight',
  up: 'lora_up.weight',
  alpha: 'alpha',
};
const DOTTED_PARTS: Readonly<Record<string, readonly [LoraDialect, LoraPart]>> = {
  'lora_A.weight': ['peft', 'down'],
  'lora_B.weight': ['peft', 'up'],
  'lora.down.weight': ['diffusers', 'down'],
  'lora.up.weight': ['diffusers', 'up'],
};

/** Underscores for dots cannot be undone in general, but a spatial transformer's path has one reading only. */
const KOHYA_NAME = /^lora_unet_((?:down|up)_blocks_\d{1,2}|mid_block)_attentions_(\d{1,2})_proj_out$/;
const DOTTED_NAME = /^unet\.((?:(?:down|up)_blocks\.\d{1,2}|mid_block)\.attentions\.\d{1,2})\.proj_out$/;

const lora: LoraNames = {
  modules: 'an output projection of a UNet (proj_out)',
  prefix: 'unet',
  nameOf: (path, part) => `lora_unet_${path.replaceAll('.', '_')}_proj_out.${KOHYA_SUFFIXES[part]}`,
  parse: (name) => parseKohya(name) ?? parseDotted(name),
};

function parseKohya(name: string): LoraTensorName | undefined {
  const dot = name.indexOf('.');
  const kohya = KOHYA_NAME.exec(name.slice(0, dot));
  if (kohya === null) return undefined;
  const [, block, attention] = kohya;
  const suffix = name.slice(dot + 1);
  const part = (Object.keys(KOHYA_SUFFIXES) as LoraPart[]).find((each) => KOHYA_SUFFIXES[each] === suffix);
  const path = `${block!.replace('blocks_', 'blocks.')}.attentions.${attention}`;
  return part === undefined ? undefined : { dialect: 'kohya', path, part };
}

function parseDotted(name: string): LoraTensorName | undefined {
  for (const [suffix, [dialect, part]] of Object.entries(DOTTED_PARTS)) {
    if (!name.endsWith(`.${suffix}`)) continue;
    const dotted = DOTTED_NAME.exec(name.slice(0, -suffix.length - 1));
    return dotted === null ? undefined : { dialect, path: dotted[1]!, part };
  }
  return undefined;
}

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
  tokenizers: ['tokenizer'],
  viewSingleFile,
  architectures: [
    { id: 'stable-diffusion-v1', resolution: 512, trainerFields: KOHYA_1 },
    { id: 'stable-diffusion-v2-512', resolution: 512, trainerFields: KOHYA_2 },
    { id: 'stable-diffusion-v2-768-v', resolution: 768, trainerFields: KOHYA_2 },
  ],
  lora,
};
