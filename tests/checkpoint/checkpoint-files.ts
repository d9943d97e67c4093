import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '../tensor/tensor-files.ts';

const CONFIGS = {
  unet: { _class_name: 'UNet2DConditionModel' },
  vae: { _class_name: 'AutoencoderKL' },
  text_encoder: { architectures: ['CLIPTextModel'] },
} as const;

const WEIGHTS = {
  unet: 'diffusion_pytorch_model.safetensors',
  vae: 'diffusion_pytorch_model.safetensors',
  text_encoder: 'model.safetensors',
} as const;

/** A float32 file with one tensor, a scalar. */
export function writeScalar(path: string, name: string, value: number): Promise<void> {
  return writeSafetensors(path, new Map([[name, { dtype: 'F32', shape: [], data: Float32Array.of(value) }]]));
}

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, JSON.stringify(value));
}

/** A whole checkpoint whose components have one parameter each, `w`. */
export async function writeTinyCheckpoint(root: string): Promise<string> {
  for (const folder of ['unet', 'vae', 'text_encoder', 'tokenizer', 'scheduler']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await writeJson(join(root, 'model_index.json'), { _class_name: 'StableDiffusionPipeline' });
  await writeJson(join(root, 'scheduler', 'scheduler_config.json'), { _class_name: 'DDIMScheduler' });
  await writeFile(join(root, 'tokenizer', 'vocab.json'), '{}');
  await writeFile(join(root, 'tokenizer', 'merges.txt'), '');
  for (const [index, part] of (['unet', 'vae', 'text_encoder'] as const).entries()) {
    await writeJson(join(root, part, 'config.json'), CONFIGS[part]);
    await writeScalar(join(root, part, WEIGHTS[part]), 'w', index);
  }
  return root;
}
