/** One small model of random weights in the files that people have it in, and another that was tuned from it. */

import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { float32ToHalf } from '../../companion/tensor/half.ts';
import { openSafetensors, readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import { NARROW_NETWORKS, writeBothLayouts } from '../checkpoint/single-file-checkpoint.ts';
import { type RawTensor, writeRawSafetensors } from '../tensor/tensor-files.ts';

type Precision = 'F32' | 'F16' | 'BF16';

export interface ModelCopies {
  /** Folders in diffusers' layout. */
  readonly folder: string;
  readonly halves: string;
  readonly brainFloats: string;
  /** Under the original names. */
  readonly file: string;
  /** What people call pruned: in halves, and without what no network reads. */
  readonly halfFile: string;
  /** Cross-attention is another, by two per cent. */
  readonly tuned: string;
}

/** The same kind of model with other widths, in a folder. */
export async function writeWider(root: string): Promise<string> {
  const unet = { ...NARROW_NETWORKS.unet, block_out_channels: [32, 64, 64, 64] };
  await mkdir(root);
  return (await writeBothLayouts(root, {}, { ...NARROW_NETWORKS, unet })).folder;
}

const WEIGHTS = [
  'unet/diffusion_pytorch_model.safetensors',
  'vae/diffusion_pytorch_model.safetensors',
  'text_encoder/model.safetensors',
];

export async function writeCopies(root: string): Promise<ModelCopies> {
  await mkdir(join(root, 'source'));
  const source = await writeBothLayouts(join(root, 'source'), {}, NARROW_NETWORKS);
  const place = (name: string) => join(root, name);
  const copies = {
    folder: place('base'),
    halves: place('base-fp16'),
    brainFloats: place('base-bf16'),
    file: place('base-single.safetensors'),
    halfFile: place('base-pruned.safetensors'),
    tuned: place('tuned'),
  };
  await copyFolder(source.folder, copies.folder, 'F32');
  await copyFolder(source.folder, copies.halves, 'F16');
  await copyFolder(source.folder, copies.brainFloats, 'BF16');
  await copyFolder(source.folder, copies.tuned, 'F32', (name, value, index) =>
    /attn2\.to_[kv]/.test(name) ? value * (1 + 0.02 * Math.sin(7 * index)) : value,
  );
  await convert(source.file, copies.file, 'F32');
  await convert(source.file, copies.halfFile, 'F16', undefined, (name) => !/^(model_ema|alphas)/.test(name));
  return copies;
}

type Change = (name: string, value: number, index: number) => number;

async function copyFolder(from: string, to: string, precision: Precision, change?: Change): Promise<void> {
  await cp(from, to, { recursive: true, filter: (path) => !path.endsWith('.safetensors') });
  for (const path of WEIGHTS) await convert(join(from, path), join(to, path), precision, change);
}

/** A part of a half's last place, which float32 has and the others round away. */
function withFinerDigits(value: number, index: number): number {
  return Math.fround(value * (1 + 2 ** -13 * Math.sin(index)));
}

async function convert(
  from: string,
  to: string,
  precision: Precision,
  change: Change = (_, value) => value,
  isKept: (name: string) => boolean = () => true,
): Promise<void> {
  const tensors: Record<string, RawTensor> = {};
  for (const [name, entry] of (await openSafetensors(from)).tensors) {
    if (!isKept(name)) continue;
    const { data } = await readFloat32(entry);
    const values = data.map((value, index) => change(name, withFinerDigits(value, index), index));
    tensors[name] = { dtype: precision, shape: entry.shape, bytes: encoded(values, precision) };
  }
  await mkdir(dirname(to), { recursive: true });
  await writeRawSafetensors(to, tensors);
}

function encoded(values: Float32Array, precision: Precision): Uint8Array {
  const data =
    precision === 'F32' ? values : precision === 'F16' ? float32ToHalf(values) : toBrainFloats(values);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** To nearest, ties to even. */
function toBrainFloats(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (one) => (one + 0x7fff + ((one >>> 16) & 1)) >>> 16);
}
