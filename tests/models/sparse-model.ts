/**
 * A model of any configs with zeros for weights: files of full length with nothing in them, so that a model of gigabytes takes
 * kilobytes and opens as a real one does.
 */

import { copyFile, mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configsOf, readFolderConfigs } from '../../companion/checkpoint/diffusers-folder.ts';
import { FORMATS } from '../../companion/models/families/formats.ts';
import { familyOf } from '../../companion/models/families/registry.ts';
import { splitParameterName } from '../../companion/models/layers/scope.ts';
import { wholeGraph } from '../../companion/models/model-graphs.ts';
import { readTokenizerFiles } from '../../companion/models/text/tokenizer-files.ts';
import { elementCount, type Shape } from '../../companion/tensor/tensor.ts';

const HALF_BYTES = 2;

/** Writes JSON files by their paths. */
export async function writeJsonFiles(
  folder: string,
  files: Readonly<Record<string, object>>,
): Promise<string> {
  for (const [path, value] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), JSON.stringify(value));
  }
  return folder;
}

/** Adds weights and vocabularies to a folder that has its configs. @throws LikenessError as opening it would */
export async function addSparseWeights(folder: string): Promise<void> {
  const { format, ...read } = await readFolderConfigs(folder, FORMATS);
  const config = familyOf({ family: format.id }).parse(configsOf(read), 'sparse');
  const shapes = new Map<string, Map<string, Shape>>();
  for (const [parameter, { shape }] of wholeGraph({ family: format.id, config }).build().parameters) {
    const { component, name } = splitParameterName(parameter);
    if (!shapes.has(component)) shapes.set(component, new Map());
    shapes.get(component)!.set(name, shape);
  }
  for (const [component, tensors] of shapes) {
    const stem = component.startsWith('text') ? 'model' : 'diffusion_pytorch_model';
    await writeSparseFile(join(read.parts.get(component)!.folder, `${stem}.safetensors`), tensors);
  }
  for (const tokenizer of format.tokenizers) await addVocabulary(join(folder, tokenizer));
}

/** CLIP's own vocabulary. */
async function addVocabulary(folder: string): Promise<void> {
  const clip = fileURLToPath(new URL('../../models/clip-tokenizer', import.meta.url));
  const { definition } = await readTokenizerFiles(clip);
  await mkdir(folder, { recursive: true });
  await copyFile(join(clip, 'merges.txt'), join(folder, 'merges.txt'));
  await writeFile(join(folder, 'vocab.json'), JSON.stringify(definition.model.vocab));
}

async function writeSparseFile(path: string, tensors: ReadonlyMap<string, Shape>): Promise<void> {
  let offset = 0;
  const header: Record<string, object> = {};
  for (const [name, shape] of tensors) {
    const end = offset + HALF_BYTES * elementCount(shape);
    header[name] = { dtype: 'F16', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.byteLength));
  const file = await open(path, 'w');
  try {
    await file.writeFile(Buffer.concat([length, json]));
    await file.truncate(length.byteLength + json.byteLength + offset);
  } finally {
    await file.close();
  }
}
