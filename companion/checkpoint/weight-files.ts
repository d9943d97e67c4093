/**
 * Weight files of a component's folder. diffusers and transformers name them alike: a stem, an
 * optional variant, and either one file or shards with an index.
 */

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import { readJsonObject } from '../storage/json-file.ts';

/** Set of weights to take where a folder has both. A folder with one set gives that one. */
export type PreferredPrecision = 'fp32' | 'fp16';

export interface WeightFiles {
  /** Absolute paths. */
  readonly files: readonly string[];
  /** File of each tensor, as the index has it; undefined for a single file. */
  readonly index: ReadonlyMap<string, string> | undefined;
}

const STEMS = ['diffusion_pytorch_model', 'model', 'pytorch_model'] as const;

/** diffusers and transformers put the variant at different places of an index's name. */
const NAMES: Readonly<Record<PreferredPrecision, (stem: string) => readonly string[]>> = {
  fp32: (stem) => [`${stem}.safetensors`, `${stem}.safetensors.index.json`],
  fp16: (stem) => [
    `${stem}.fp16.safetensors`,
    `${stem}.fp16.safetensors.index.json`,
    `${stem}.safetensors.index.fp16.json`,
  ],
};

/** A shard must lie in the folder itself: an index may not point to other places of the disk. */
const shardName = z.string().regex(/^[\w.-]+\.safetensors$/, 'expected the name of a .safetensors file');
const indexSchema = z.object({ weight_map: z.record(z.string(), shardName) });

/**
 * fp32 where both are there; another variant, shards whose index is lost, or a file under a name of its own where
 * there is nothing else.
 * @throws LikenessError `checkpoint-missing` where there are none, and `checkpoint-format` for a bad index
 */
export async function findWeightFiles(folder: string): Promise<WeightFiles> {
  const present = await readdir(folder).catch((cause: unknown) => {
    throw new LikenessError('checkpoint-missing', `${folder} is not a folder that can be read`, { cause });
  });
  const chosen = chooseWeights(present, 'fp32')?.name ?? otherVariant(present);
  if (chosen?.endsWith('.json')) return withPresentShards(await readIndex(folder, chosen), folder, present);
  const names = chosen === undefined ? unindexedFiles(present) : [chosen];
  if (names.length === 0) throw noWeights(folder, present);
  return { files: names.map((name) => join(folder, name)), index: undefined };
}

/** bf16 and the like. Weights that were not averaged while training come last. */
function otherVariant(present: readonly string[]): string | undefined {
  const variant = new RegExp(
    `^(?:${STEMS.join('|')})\\.(?:[\\w-]+\\.safetensors(?:\\.index\\.json)?|safetensors\\.index\\.[\\w-]+\\.json)$`,
  );
  const isShard = (name: string) => SHARD.test(name);
  const found = present.filter((name) => variant.test(name) && !isShard(name)).sort();
  return found.find((name) => !name.includes('non_ema')) ?? found[0];
}

/** A shard's parts: stem, place, count and variant, which old files have before the place and new ones after it. */
const SHARD = /^(.+?)(?:\.([\w-]+?))?-(\d{5})-of-(\d{5})(?:\.([\w-]+))?\.safetensors$/;

/** All shards of a set, or the only file there is, in whatever case its ending is written; none where that is not clear. */
function unindexedFiles(present: readonly string[]): readonly string[] {
  const files = present.filter((name) => /\.safetensors$/i.test(name)).sort();
  if (files.length === 1 && !SHARD.test(files[0]!)) return files;
  const counts = files.map((name) => Number(SHARD.exec(name)?.[4]));
  return counts.length > 0 && counts.every((count) => count === files.length) ? files : [];
}

/** An index keeps the names of its shards when tools move the variant to the other side of their number. */
function withPresentShards(
  { files, index }: WeightFiles,
  folder: string,
  present: readonly string[],
): WeightFiles {
  const moved = new Map(
    files.map((path) => {
      const name = basename(path);
      const [, stem, , place, count] = SHARD.exec(name) ?? [];
      const other = present.find((candidate) => {
        const parts = SHARD.exec(candidate);
        return parts?.[1] === stem && parts?.[3] === place && parts?.[4] === count;
      });
      const found = present.includes(name) ? name : stem === undefined ? undefined : other;
      return [path, join(folder, found ?? name)] as const;
    }),
  );
  const placed = new Map([...index!].map(([tensor, path]) => [tensor, moved.get(path)!]));
  return { files: [...new Set(moved.values())].sort(), index: placed };
}

/** Name of a component's weights among its files, or of their index; undefined where there is none. */
export function chooseWeights(
  names: readonly string[],
  prefer: PreferredPrecision,
): { readonly name: string; readonly precision: PreferredPrecision } | undefined {
  const order: readonly PreferredPrecision[] = prefer === 'fp32' ? ['fp32', 'fp16'] : ['fp16', 'fp32'];
  for (const precision of order) {
    const name = STEMS.flatMap(NAMES[precision]).find((wanted) => names.includes(wanted));
    if (name !== undefined) return { name, precision };
  }
  return undefined;
}

/** The shards that an index names, whether they are there or not. @throws LikenessError `checkpoint-format` */
export async function readIndex(folder: string, name: string): Promise<WeightFiles> {
  const path = join(folder, name);
  const parsed = indexSchema.safeParse(await readJsonObject(path));
  if (!parsed.success) {
    throw new LikenessError('checkpoint-format', `${path} is no index of shards: ${issueText(parsed.error)}`);
  }
  const index = new Map(
    Object.entries(parsed.data.weight_map).map(([tensor, shard]) => [tensor, join(folder, shard)]),
  );
  return { files: [...new Set(index.values())].sort(), index };
}

/** Weights in the forms of other programs, by the ends of their names; OpenVINO's .bin is no pickle. */
const OTHER_FORMS: readonly (readonly [end: RegExp, form: string])[] = [
  [/^openvino_.*\.(?:xml|bin)$/i, 'OpenVINO'],
  [/\.onnx(?:_data)?$/i, 'ONNX'],
  [/\.msgpack$/i, 'Flax'],
  [/\.(?:h5|tflite)$/i, 'TensorFlow'],
  [/\.gguf$/i, 'GGUF (packed weights)'],
  [/\.(?:mlmodelc|mlpackage)$/i, 'Core ML'],
];

function noWeights(folder: string, present: readonly string[]): LikenessError {
  for (const [end, form] of OTHER_FORMS) {
    const name = present.find((one) => end.test(one));
    if (name === undefined) continue;
    return new LikenessError(
      'checkpoint-unsupported',
      `${folder} has ${name}, weights in the form of ${form}; expected .safetensors`,
      { advice: 'Use the form of this model for PyTorch (diffusers), in .safetensors files.' },
    );
  }
  const pickle = present.find((name) => /\.(bin|ckpt|pt|pth)$/.test(name));
  if (pickle !== undefined) {
    return new LikenessError(
      'checkpoint-unsupported',
      `${folder} has ${pickle}, a pickle file, which can run code when it is opened; expected .safetensors`,
      {
        advice:
          'Fetch the model as .safetensors, or convert it with diffusers: save_pretrained(safe_serialization=True).',
      },
    );
  }
  return new LikenessError(
    'checkpoint-missing',
    `${folder} holds no weights, expected ${NAMES.fp32(STEMS[0])[0]} or ${NAMES.fp32(STEMS[1])[0]}`,
    { advice: `Copy the weights of ${basename(folder)} there from where the model came from.` },
  );
}
