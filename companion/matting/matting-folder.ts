/** MattingFolder: a network that removes backgrounds, on disk: an ONNX file, and how it wants its pictures. */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import type { ImageSize } from '../../shared/geometry.ts';
import { issueText, z } from '../../shared/protocol/zod.ts';
import type { DataFolders } from '../storage/folders.ts';
import { readJsonObject } from '../storage/json-file.ts';

/** As `likeness models pull` names it. */
export const MATTING_MODEL = 'matting';

/** As `likeness models pull` names the one that enlarges. */
export const UPSCALER_MODEL = 'upscaler';

/** As transformers writes it: values are (byte * rescale_factor - mean) / std, a channel each. */
export const PREPROCESSOR = 'preprocessor_config.json';

const channels = z.tuple([z.number(), z.number(), z.number()]);

const preprocessorSchema = z.object({
  do_normalize: z.boolean().default(true),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  image_mean: channels.default([0.485, 0.456, 0.406]),
  image_std: channels.default([0.229, 0.224, 0.225]),
  size: z
    .object({ height: z.int().min(32).max(4096), width: z.int().min(32).max(4096) })
    .default({ height: 1024, width: 1024 }),
});

export interface MattingFolder {
  /** Path of the network. */
  readonly file: string;
  /** Pixels that it sees, where the network itself does not say. */
  readonly size: ImageSize;
  /** Factor and offset of a byte, a channel each: value = byte * scale + offset. */
  readonly scale: readonly [number, number, number];
  readonly offset: readonly [number, number, number];
}

/** @throws LikenessError `checkpoint-missing` where there is none, `checkpoint-format` for settings that cannot be read */
export async function openMattingFolder(folder: string): Promise<MattingFolder> {
  const file = await networkFile(folder);
  if (file === undefined) {
    throw new LikenessError('checkpoint-missing', 'nothing here removes backgrounds yet', {
      advice: `Run \`${PROGRAM} models pull ${MATTING_MODEL}\` once, or cut the product out in your design tool.`,
    });
  }
  const json = await readJsonObject(join(folder, PREPROCESSOR)).catch((error: unknown) => {
    if (error instanceof LikenessError && error.code === 'checkpoint-missing') return {};
    throw error;
  });
  const parsed = preprocessorSchema.safeParse(json);
  if (!parsed.success) {
    throw new LikenessError('checkpoint-format', `${join(folder, PREPROCESSOR)}: ${issueText(parsed.error)}`);
  }
  const { do_normalize, do_rescale, rescale_factor, image_mean, image_std, size } = parsed.data;
  const rescale = do_rescale ? rescale_factor : 1;
  const [mean, std] = do_normalize ? [image_mean, image_std] : [[0, 0, 0] as const, [1, 1, 1] as const];
  return {
    file,
    size,
    scale: [rescale / std[0], rescale / std[1], rescale / std[2]],
    offset: [-mean[0] / std[0], -mean[1] / std[1], -mean[2] / std[2]],
  };
}

/** Folder of the network that was pulled; undefined where there is none. */
export async function mattingNetwork({ models }: Pick<DataFolders, 'models'>): Promise<string | undefined> {
  const folder = join(models, MATTING_MODEL);
  return (await networkFile(folder)) === undefined ? undefined : folder;
}

/** The network as it lies in a repository of such, or by itself; half precision is converted while it is opened. */
export async function networkFile(folder: string): Promise<string | undefined> {
  for (const part of ['onnx', '']) {
    const names: string[] = [];
    for (const name of await readdir(join(folder, part)).catch(() => [])) {
      // onnxruntime waits at a pipe for as long as nobody writes into it.
      if (name.endsWith('.onnx') && (await isRegularFile(join(folder, part, name)))) names.push(name);
    }
    const name = ['model.onnx', 'model_fp16.onnx'].find((one) => names.includes(one)) ?? names.sort()[0];
    if (name !== undefined) return join(folder, part, name);
  }
  return undefined;
}

async function isRegularFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
