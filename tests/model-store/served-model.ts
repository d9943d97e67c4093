/** The embedded model as a hub has it: with weights in two precisions, and much that nobody wants to fetch. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';

const ROOT = join(EMBEDDED_MODELS, DEFAULT_MODEL);

/** What `models pull` fetches of it: the weights in fp32, since there are no others. */
export const MODEL_FILES = [
  'README.md',
  'likeness.json',
  'model_index.json',
  'scheduler/scheduler_config.json',
  'text_encoder/config.json',
  'text_encoder/model.safetensors',
  'tokenizer/merges.txt',
  'tokenizer/special_tokens_map.json',
  'tokenizer/tokenizer.json',
  'tokenizer/tokenizer_config.json',
  'tokenizer/vocab.json',
  'unet/config.json',
  'unet/diffusion_pytorch_model-00001-of-00002.safetensors',
  'unet/diffusion_pytorch_model-00002-of-00002.safetensors',
  'unet/diffusion_pytorch_model.safetensors.index.json',
  'vae/config.json',
  'vae/diffusion_pytorch_model.safetensors',
] as const;

export const SHARD = MODEL_FILES[12];
export const VAE = MODEL_FILES[16];

/** Read once a process: tens of megabytes, of which hubs know the hashes by then. */
let whole: ReadonlyMap<string, Uint8Array> | undefined;

/** Whole, with its card's pictures and checksums, which are not for the engine. A change to bytes is made to a copy of them. */
export function servedModel(): Map<string, Uint8Array> {
  whole ??= readModel();
  return new Map(whole);
}

function readModel(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const entry of readdirSync(ROOT, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(relative(ROOT, file).split(sep).join('/'), readFileSync(file));
  }
  for (const path of [
    'safety_checker/model.safetensors',
    'unet/diffusion_pytorch_model.bin',
    'v1-5-pruned.ckpt',
  ]) {
    files.set(path, Buffer.from(`nobody wants ${path}`));
  }
  return files;
}
