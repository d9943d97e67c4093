/** Stable Diffusion 1.x in one file, and the other models that are passed on in such files, which are refused by name. */

import { fileURLToPath } from 'node:url';
import { LikenessError } from '../../../../shared/errors.ts';
import type { SingleFileView } from '../../../checkpoint/component.ts';
import type { SafetensorsFile } from '../../../tensor/safetensors-file.ts';
import type { Shape } from '../../../tensor/tensor.ts';
import { diffusersName } from './original-names.ts';
import { countLevels, schedulerConfig, textConfig, unetConfig, vaeConfig } from './single-file-config.ts';

/** These files carry no tokenizer: all of them use CLIP's. */
const TOKENIZER = fileURLToPath(new URL('../../../../models/clip-tokenizer', import.meta.url));

const INPUT_CONVOLUTION = 'model.diffusion_model.input_blocks.0.0.weight';

/** Unsupported contents of such files, by a part of a name that nothing supported has. */
const OTHERS: readonly (readonly [part: string, what: string])[] = [
  ['cond_stage_model.model.', 'is of Stable Diffusion 2.x'],
  ['.lora_', 'holds a LoRA, which needs a base model'],
  ['double_blocks.', 'is of Flux'],
  ['joint_blocks.', 'is of Stable Diffusion 3'],
];

const DESCRIPTIONS = {
  unet: { className: 'UNet2DConditionModel', configOf: unetConfig },
  text_encoder: { className: 'CLIPTextModel', configOf: textConfig },
  vae: { className: 'AutoencoderKL', configOf: vaeConfig },
} as const;

const TEXT_ENCODER = 'cond_stage_model.';

/** True for the names of latent-diffusion's own code, whatever the text encoder. */
export function holds({ tensors }: SafetensorsFile): boolean {
  return tensors.has(INPUT_CONVOLUTION) && [...tensors.keys()].some((name) => name.startsWith(TEXT_ENCODER));
}

/** @throws LikenessError `checkpoint-unsupported` with what the file holds instead */
export function viewSingleFile(file: SafetensorsFile): SingleFileView {
  requireSupported(file);
  const vaeLevels = countLevels(
    file.tensors,
    (level) => `first_stage_model.encoder.down.${level}.block.0.norm1.weight`,
  );
  return {
    modelIndex: { _class_name: 'StableDiffusionPipeline' },
    schedulerConfig,
    tokenizerFolders: [TOKENIZER],
    partsOf: (original, shape) => {
      const named = diffusersName(original, vaeLevels);
      return named === undefined ? [] : [{ ...named, shape: currentShape(named.name, shape) }];
    },
    describe: (component, weights) => {
      const { className, configOf } = DESCRIPTIONS[component as keyof typeof DESCRIPTIONS];
      return { className, config: configOf(weights) };
    },
  };
}

/** The autoencoder's attention was saved as 1x1 convolutions, and is linear layers now: the same numbers. */
function currentShape(name: string, shape: Shape): Shape {
  const isPointwise = shape.length === 4 && shape[2] === 1 && shape[3] === 1;
  return isPointwise && /coder\.mid_block\.attentions\./.test(name) ? shape.slice(0, 2) : shape;
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
  if (convolution.shape[1] !== 4) {
    throw unsupported(
      path,
      `takes ${convolution.shape[1]} channels (inpainting, depth or the like), expected 4`,
    );
  }
}

function unsupported(path: string, what: string): LikenessError {
  return new LikenessError('checkpoint-unsupported', `${path} ${what}`, {
    advice:
      'In one file Stable Diffusion 1.x for text to image is supported; 2.x as a folder in diffusers layout.',
  });
}
