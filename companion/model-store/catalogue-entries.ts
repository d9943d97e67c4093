/** Catalogue's data: what `likeness models pull` knows by a short name. Short, since every entry is a promise that it works. */

import { MATTING_MODEL, UPSCALER_MODEL } from '../matting/matting-folder.ts';
import type {
  AcceleratorEntry,
  CatalogueEntry,
  FastDecoderEntry,
  ModelEntry,
  NetworkEntry,
} from './catalogue-entry.ts';
import { MEMORY, WORK } from './published-models.ts';

const HUB = 'https://huggingface.co';
const OPENRAIL_M = {
  name: 'creativeml-openrail-m',
  page: `${HUB}/spaces/CompVis/stable-diffusion-license`,
} as const;
const OPENRAIL_PP = {
  name: 'openrail++',
  page: `${HUB}/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md`,
} as const;
const MIT = { name: 'mit', page: 'https://opensource.org/license/mit' } as const;
const APACHE = { name: 'apache-2.0', page: 'https://www.apache.org/licenses/LICENSE-2.0' } as const;
const NON_COMMERCIAL = {
  name: 'sai-nc-community',
  note: 'Not for commercial use without an agreement with Stability AI (https://stability.ai/license).',
} as const;

const VERSION_1 = { format: 'stable-diffusion', work: WORK.version1 } as const;
const XL = { format: 'stable-diffusion-xl', work: WORK.xl } as const;

const MODELS: readonly ModelEntry[] = [
  {
    kind: 'model',
    name: 'stable-diffusion-v1-5',
    title: 'Stable Diffusion 1.5',
    ...VERSION_1,
    repository: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
    licence: OPENRAIL_M,
    sizeBytes: 2.1e9,
    usual: { side: 512, steps: 30, guidanceScale: 7.5, sampler: 'ddim' },
    goodFor: 'small and quick to teach; most LoRAs are made for it',
    memoryBytes: MEMORY.version1,
  },
  {
    kind: 'model',
    name: 'realistic-vision-v5.1',
    title: 'Realistic Vision 5.1',
    ...VERSION_1,
    repository: 'SG161222/Realistic_Vision_V5.1_noVAE',
    licence: OPENRAIL_M,
    sizeBytes: 4.3e9,
    usual: { side: 512, steps: 30, guidanceScale: 5, sampler: 'dpmpp2m' },
    goodFor: 'photographs, at the cost of Stable Diffusion 1.5',
    memoryBytes: MEMORY.version1,
  },
  {
    kind: 'model',
    name: 'sd-turbo',
    title: 'SD-Turbo',
    ...VERSION_1,
    repository: 'stabilityai/sd-turbo',
    sizeBytes: 2.6e9,
    licence: { ...NON_COMMERCIAL, page: `${HUB}/stabilityai/sd-turbo/blob/main/LICENSE.md` },
    usual: { side: 512, steps: 4, guidanceScale: 1, sampler: 'euler', spacing: 'trailing' },
    goodFor: 'drafts in one to four steps, of Stable Diffusion 2.1',
    memoryBytes: MEMORY.version2,
  },
  {
    kind: 'model',
    name: 'stable-diffusion-xl-base-1.0',
    title: 'Stable Diffusion XL',
    ...XL,
    repository: 'stabilityai/stable-diffusion-xl-base-1.0',
    licence: OPENRAIL_PP,
    sizeBytes: 6.9e9,
    usual: { side: 1024, steps: 30, guidanceScale: 5, sampler: 'euler' },
    goodFor: 'large pictures with detail and lettering; slow without a GPU',
    memoryBytes: MEMORY.xl,
  },
  {
    kind: 'model',
    name: 'realvisxl-v4.0',
    title: 'RealVisXL 4.0',
    ...XL,
    repository: 'SG161222/RealVisXL_V4.0',
    licence: OPENRAIL_PP,
    sizeBytes: 6.9e9,
    usual: { side: 1024, steps: 30, guidanceScale: 5, sampler: 'dpmpp2m' },
    goodFor: 'photographs, at the cost of Stable Diffusion XL',
    memoryBytes: MEMORY.xl,
  },
  {
    kind: 'model',
    name: 'sdxl-turbo',
    title: 'SDXL-Turbo',
    ...XL,
    repository: 'stabilityai/sdxl-turbo',
    sizeBytes: 6.9e9,
    licence: { ...NON_COMMERCIAL, page: `${HUB}/stabilityai/sdxl-turbo/blob/main/LICENSE.md` },
    usual: { side: 512, steps: 4, guidanceScale: 1, sampler: 'euler-ancestral', spacing: 'trailing' },
    goodFor: 'drafts in one to four steps',
    memoryBytes: MEMORY.xlSmall,
  },
];

const LIGHTNING = { guidanceScale: 1, sampler: 'euler', spacing: 'trailing' } as const;
const HYPER = { guidanceScale: 1, sampler: 'ddim', spacing: 'trailing' } as const;
const LCM = { guidanceScale: 1, sampler: 'lcm' } as const;
/** The page of Hyper-SD names no licence. */
const HYPER_PLACE = {
  repository: 'ByteDance/Hyper-SD',
  licence: {
    page: `${HUB}/ByteDance/Hyper-SD`,
    note: 'Its page names no licence: ask its owner before commercial use.',
  },
} as const;

const ACCELERATORS: readonly AcceleratorEntry[] = [
  {
    kind: 'accelerator',
    name: 'lcm-lora-sdv1-5',
    title: 'LCM-LoRA for Stable Diffusion 1.5',
    ...VERSION_1,
    repository: 'latent-consistency/lcm-lora-sdv1-5',
    file: 'pytorch_lora_weights.safetensors',
    licence: OPENRAIL_PP,
    sizeBytes: 135e6,
    usual: { side: 512, steps: 4, ...LCM },
    goodFor: 'pictures in 4 to 8 steps',
  },
  {
    kind: 'accelerator',
    name: 'hyper-sd15-4steps',
    title: 'Hyper-SD for Stable Diffusion 1.5',
    ...VERSION_1,
    ...HYPER_PLACE,
    file: 'Hyper-SD15-4steps-lora.safetensors',
    sizeBytes: 269e6,
    usual: { side: 512, steps: 4, ...HYPER },
    goodFor: 'pictures in 4 steps, sharper than LCM',
  },
  {
    kind: 'accelerator',
    name: 'sdxl-lightning-4step',
    title: 'SDXL-Lightning',
    ...XL,
    repository: 'ByteDance/SDXL-Lightning',
    file: 'sdxl_lightning_4step_lora.safetensors',
    licence: OPENRAIL_PP,
    sizeBytes: 394e6,
    usual: { side: 1024, steps: 4, ...LIGHTNING },
    goodFor: 'pictures in 4 steps',
  },
  {
    kind: 'accelerator',
    name: 'hyper-sdxl-4steps',
    title: 'Hyper-SD for Stable Diffusion XL',
    ...XL,
    ...HYPER_PLACE,
    file: 'Hyper-SDXL-4steps-lora.safetensors',
    sizeBytes: 787e6,
    usual: { side: 1024, steps: 4, ...HYPER },
    goodFor: 'pictures in 4 steps',
  },
  {
    kind: 'accelerator',
    name: 'lcm-lora-sdxl',
    title: 'LCM-LoRA for Stable Diffusion XL',
    ...XL,
    repository: 'latent-consistency/lcm-lora-sdxl',
    file: 'pytorch_lora_weights.safetensors',
    licence: OPENRAIL_PP,
    sizeBytes: 394e6,
    usual: { side: 1024, steps: 4, ...LCM },
    goodFor: 'pictures in 4 to 8 steps',
  },
];

const DECODER_FACTS = {
  kind: 'fast decoder',
  licence: MIT,
  sizeBytes: 10e6,
  files: ['config.json', 'diffusion_pytorch_model.safetensors'],
  goodFor: 'real previews, and a picture at once where decoding is slow; comes with its models',
} as const;

const FAST_DECODERS: readonly FastDecoderEntry[] = [
  {
    name: 'taesd',
    title: 'TAESD',
    repository: 'madebyollin/taesd',
    ...VERSION_1,
    ...DECODER_FACTS,
    latents: { channels: 4, downscale: 8, scale: 0.18215 },
  },
  {
    name: 'taesdxl',
    title: 'TAESDXL',
    repository: 'madebyollin/taesdxl',
    ...XL,
    ...DECODER_FACTS,
    latents: { channels: 4, downscale: 8, scale: 0.13025 },
  },
];

const NETWORKS: readonly NetworkEntry[] = [
  {
    kind: 'background remover',
    name: MATTING_MODEL,
    title: 'BiRefNet lite',
    repository: 'onnx-community/BiRefNet_lite-ONNX',
    file: 'onnx/model.onnx',
    licence: MIT,
    sizeBytes: 224e6,
    memoryBytes: 4e9,
    goodFor: 'cut-outs of photos, to teach from',
  },
  // The conversion's page names no licence; this is that of the weights, caidas/swin2SR-realworld-sr-x4-64-bsrgan-psnr.
  {
    kind: 'upscaler',
    name: UPSCALER_MODEL,
    title: 'Swin2SR real-world x4',
    repository: 'Xenova/swin2SR-realworld-sr-x4-64-bsrgan-psnr',
    file: 'onnx/model.onnx',
    licence: APACHE,
    sizeBytes: 54e6,
    memoryBytes: 2e9,
    goodFor: 'enlarging pictures, before they are drawn over',
  },
];

/** Short name of a full-size model, for examples. */
export const FULL_SIZE_MODEL = MODELS[0]!.name;

export const CATALOGUE: readonly CatalogueEntry[] = [
  ...MODELS,
  ...ACCELERATORS,
  ...FAST_DECODERS,
  ...NETWORKS,
];
