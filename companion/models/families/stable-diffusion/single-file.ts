/** Stable Diffusion 1.x in one file, and the other models that are passed on in such files, which are refused by name. */

import { LikenessError } from '../../../../shared/errors.ts';
import type { SingleFileView } from '../../../checkpoint/component.ts';
import type { SafetensorsFile } from '../../../tensor/safetensors-file.ts';
import type { TensorEntry } from '../../../tensor/safetensors-header.ts';
import {
  CLIP_TOKENIZER,
  type FileLayout,
  INPUT_CONVOLUTION,
  layersPerBlockOf,
  partsOfOriginal,
  vaeLevelsOf,
} from '../latent-diffusion/original-names.ts';
import { schedulerConfigOf } from '../latent-diffusion/prediction.ts';
import { textConfig, unetConfig, vaeConfig } from '../latent-diffusion/single-file-config.ts';

/** Constants of all of Stable Diffusion 1.x, which no shape tells. */
const UNET_HEADS = 8;
const SAMPLE_SIZE = 64;
const SCALING_FACTOR = 0.18215;

/** Unsupported contents of such files, by a part of a name that nothing supported has. */
const OTHERS: readonly (readonly [part: string, what: string])[] = [
  ['cond_stage_model.model.', 'is of Stable Diffusion 2.x'],
];

const TEXT_ENCODER = 'cond_stage_model.';

/** True for the names of latent-diffusion's own code, whatever the text encoder. */
export function holds({ tensors }: SafetensorsFile): boolean {
  return tensors.has(INPUT_CONVOLUTION) && [...tensors.keys()].some((name) => name.startsWith(TEXT_ENCODER));
}

/** @throws LikenessError `checkpoint-unsupported` with what the file holds instead */
export function viewSingleFile(file: SafetensorsFile, beside: string | undefined): SingleFileView {
  requireSupported(file);
  const layout: FileLayout = {
    layersPerBlock: layersPerBlockOf(file.tensors),
    vaeLevels: vaeLevelsOf(file.tensors),
    textEncoders: [
      { component: 'text_encoder', prefix: 'cond_stage_model.transformer.', code: 'transformers' },
    ],
  };
  return {
    modelIndex: { _class_name: 'StableDiffusionPipeline' },
    schedulerConfig: schedulerConfigOf(file, beside),
    tokenizers: [{ folder: CLIP_TOKENIZER }],
    partsOf: (original, shape) => partsOfOriginal(original, shape, layout),
    describe: (component, weights) => describe(component, weights, layout),
  };
}

function describe(
  component: string,
  weights: ReadonlyMap<string, TensorEntry>,
  { layersPerBlock }: FileLayout,
) {
  switch (component) {
    case 'unet': {
      const facts = { sampleSize: SAMPLE_SIZE, layersPerBlock, headsOf: () => UNET_HEADS };
      return { className: 'UNet2DConditionModel', config: unetConfig(weights, facts) };
    }
    case 'text_encoder':
      return { className: 'CLIPTextModel', config: textConfig(weights, 'quick_gelu') };
    default:
      return { className: 'AutoencoderKL', config: vaeConfig(weights, SCALING_FACTOR) };
  }
}

function requireSupported({ path, tensors }: SafetensorsFile): void {
  const names = [...tensors.keys()];
  for (const [part, what] of OTHERS) {
    if (names.some((name) => name.includes(part))) throw unsupported(path, what);
  }
  const convolution = tensors.get(INPUT_CONVOLUTION);
  if (convolution === undefined) {
    throw unsupported(path, `has no tensor ${INPUT_CONVOLUTION}: it is no Stable Diffusion checkpoint`);
  }
  const [, channels] = convolution.shape;
  if (channels !== 4 && channels !== 9) {
    throw unsupported(
      path,
      `takes ${channels} channels (depth, editing or the like), expected 4, or 9 to inpaint`,
    );
  }
}

function unsupported(path: string, what: string): LikenessError {
  return new LikenessError('checkpoint-unsupported', `${path} ${what}`, {
    advice:
      'In one file Stable Diffusion 1.x and XL for text to image and inpainting are supported; 2.x as a folder in diffusers layout.',
  });
}
