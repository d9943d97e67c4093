/** Stable Diffusion XL in one file, under the names of SGM's code; its refiner and relatives are refused by name. */

import { LikenessError } from '../../../../shared/errors.ts';
import { type ComponentConfig, type SingleFileView, supportedModels } from '../../../checkpoint/component.ts';
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

const EMBEDDERS = 'conditioner.embedders.';
const FIRST = `${EMBEDDERS}0.transformer.`;
const SECOND = `${EMBEDDERS}1.model.`;
const PROJECTION = `${SECOND}text_projection`;
const LABEL_EMBEDDING = 'model.diffusion_model.label_emb.0.0.weight';

/** Constants of all of Stable Diffusion XL, which no shape tells. */
const HEAD_WIDTH = 64;
const SAMPLE_SIZE = 128;
const SCALING_FACTOR = 0.13025;
/** Latents alone, or with what an inpainting model takes besides. */
const INPUT_CHANNELS: readonly (number | undefined)[] = [4, 9];
const TIME_IDS = 6;
/** The second tokenizer's, token 0: it was trained on texts padded with zeros. */
const PADDING = '!';

/** True for the names of SGM's text encoders. */
export function hasSgmNames({ tensors }: SafetensorsFile): boolean {
  return [...tensors.keys()].some((name) => name.startsWith(EMBEDDERS));
}

/** @throws LikenessError `checkpoint-unsupported` with what the file holds instead */
export function viewSgmFile(file: SafetensorsFile, beside: string | undefined): SingleFileView {
  const layout: FileLayout = {
    layersPerBlock: layersPerBlockOf(file.tensors),
    vaeLevels: vaeLevelsOf(file.tensors),
    textEncoders: [
      { component: 'text_encoder', prefix: FIRST, code: 'transformers' },
      { component: 'text_encoder_2', prefix: SECOND, code: 'open_clip' },
    ],
  };
  requireSupported(file);
  const timeWidth = timeWidthOf(file);
  return {
    modelIndex: { _class_name: 'StableDiffusionXLPipeline', force_zeros_for_empty_prompt: true },
    schedulerConfig: schedulerOf(file, beside),
    tokenizers: [{ folder: CLIP_TOKENIZER }, { folder: CLIP_TOKENIZER, padToken: PADDING }],
    partsOf: (original, shape) => partsOfOriginal(original, shape, layout),
    describe: (component, weights) => describe(component, weights, { ...layout, timeWidth }),
  };
}

function describe(
  component: string,
  weights: ReadonlyMap<string, TensorEntry>,
  { layersPerBlock, timeWidth }: FileLayout & { readonly timeWidth: number },
) {
  switch (component) {
    case 'unet': {
      const headsOf = (channels: number) => Math.max(1, Math.round(channels / HEAD_WIDTH));
      const addition = {
        addition_embed_type: 'text_time',
        addition_time_embed_dim: timeWidth,
        projection_class_embeddings_input_dim: weights.get('add_embedding.linear_1.weight')?.shape[1],
      };
      const config = unetConfig(weights, { sampleSize: SAMPLE_SIZE, layersPerBlock, headsOf });
      return { className: 'UNet2DConditionModel', config: { ...config, ...addition } };
    }
    case 'text_encoder':
      return { className: 'CLIPTextModel', config: textConfig(weights, 'quick_gelu') };
    case 'text_encoder_2': {
      const className = 'CLIPTextModelWithProjection';
      const projection_dim = weights.get('text_projection.weight')?.shape[0];
      const config = { ...textConfig(weights, 'gelu'), architectures: [className], projection_dim };
      return { className, config };
    }
    default:
      return { className: 'AutoencoderKL', config: vaeConfig(weights, SCALING_FACTOR) };
  }
}

/** As published, but for what the file says of its prediction: such schedules must be visited from their end. */
function schedulerOf(file: SafetensorsFile, beside: string | undefined): ComponentConfig {
  const said = schedulerConfigOf(file, beside);
  return {
    ...said,
    _class_name: 'EulerDiscreteScheduler',
    timestep_spacing: said.rescale_betas_zero_snr === true ? 'trailing' : 'leading',
  };
}

/** Width of each size id's embedding: all that is embedded beside the timestep, but for the pooled text. */
function timeWidthOf({ tensors }: SafetensorsFile): number {
  return (tensors.get(LABEL_EMBEDDING)!.shape[1]! - tensors.get(PROJECTION)!.shape[1]!) / TIME_IDS;
}

function requireSupported({ path, tensors }: SafetensorsFile): void {
  const has = (prefix: string) => [...tensors.keys()].some((name) => name.startsWith(prefix));
  if (!has(FIRST) && has(`${EMBEDDERS}0.model.`)) {
    throw unsupported(path, 'is the refiner of Stable Diffusion XL, which makes no picture of its own');
  }
  if (!has(FIRST) || !tensors.has(PROJECTION)) {
    throw unsupported(path, 'has other text encoders than Stable Diffusion XL');
  }
  const convolution = tensors.get(INPUT_CONVOLUTION);
  if (convolution === undefined || !tensors.has(LABEL_EMBEDDING)) {
    throw unsupported(path, `has no UNet of Stable Diffusion XL (${LABEL_EMBEDDING})`);
  }
  const channels = convolution.shape[1];
  if (INPUT_CHANNELS.includes(channels)) return;
  throw unsupported(
    path,
    `takes ${channels} channels (depth, editing or the like), expected 4, or 9 to inpaint`,
  );
}

function unsupported(path: string, what: string): LikenessError {
  return new LikenessError('checkpoint-unsupported', `${path} ${what}`, {
    advice: supportedModels([{ title: 'Stable Diffusion XL' }]),
  });
}
