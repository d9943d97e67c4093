/**
 * Checkpoints of the published models' real size with random weights in halves, written tensor by tensor: as a folder in
 * diffusers' layout, and SDXL as one file under the names of SGM's code. Names and shapes are those that our graphs ask for.
 */

import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { familyOf } from '../../companion/models/families/registry.ts';
import { splitParameterName } from '../../companion/models/layers/scope.ts';
import { wholeGraph } from '../../companion/models/model-graphs.ts';
import { readTokenizerFiles } from '../../companion/models/text/tokenizer-files.ts';
import { type NamedShape, writeRandomWeights } from '../random-weights.ts';
import { type Kind, PUBLISHED } from './published-configs.ts';
import { sgmNames } from './sgm-names.ts';

type Progress = (what: string) => void;

/** Folder of the checkpoint in `cache`, written unless it is there whole: its last file is the list of its parts. */
export async function ensureFolder(kind: Kind, cache: string, progress: Progress): Promise<string> {
  const folder = join(cache, kind);
  const index = join(folder, 'model_index.json');
  if (existsSync(index)) return folder;
  const { 'model_index.json': modelIndex, ...configs } = PUBLISHED[kind];
  for (const [path, config] of Object.entries(configs)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), JSON.stringify(config));
    if (path.startsWith('tokenizer')) await writeVocabulary(dirname(join(folder, path)));
  }
  for (const [component, weights] of componentWeights(kind)) {
    const stem = component.startsWith('text') ? 'model' : 'diffusion_pytorch_model';
    await writeWhole(join(folder, component, `${stem}.safetensors`), weights, progress);
  }
  await writeFile(index, JSON.stringify(modelIndex));
  return folder;
}

/** SDXL's file in `cache`, written unless it is there. */
export async function ensureFile(cache: string, progress: Progress): Promise<string> {
  const file = join(cache, 'sdxl.safetensors');
  if (!existsSync(file)) await writeWhole(file, sgmNames(componentWeights('sdxl')), progress);
  return file;
}

const FAMILIES = { sd15: 'stable-diffusion', sdxl: 'stable-diffusion-xl' } as const satisfies Record<
  Kind,
  string
>;

/** Tensors of each component, in the order in which our graphs read them. */
export function componentWeights(kind: Kind): ReadonlyMap<string, readonly NamedShape[]> {
  const configs = PUBLISHED[kind];
  const family = familyOf({ family: FAMILIES[kind] });
  const of = (component: string) => configs[`${component}/config.json`];
  const config = family.parse({ of, index: configs['model_index.json']! }, kind);
  const parts = new Map<string, NamedShape[]>();
  for (const [parameter, { shape }] of wholeGraph({ family: FAMILIES[kind], config }).build().parameters) {
    const { component, name } = splitParameterName(parameter);
    parts.set(component, [...(parts.get(component) ?? []), { name, shape }]);
  }
  if (kind === 'sdxl') parts.set('text_encoder', withLastLayer(parts.get('text_encoder')!));
  return parts;
}

/** No graph reads the last layer of SDXL's first text encoder, nor the norm after it; files have them all the same. */
function withLastLayer(weights: readonly NamedShape[]): NamedShape[] {
  const last = weights.filter(({ name }) => name.includes('.layers.10.'));
  const layer = last.map(({ name, shape }) => ({ name: name.replace('.layers.10.', '.layers.11.'), shape }));
  const norm = last
    .filter(({ name }) => name.includes('.layer_norm2.'))
    .map(({ name, shape }) => ({
      name: name.replace(/.*layer_norm2/, 'text_model.final_layer_norm'),
      shape,
    }));
  return [...weights, ...layer, ...norm];
}

async function writeVocabulary(folder: string): Promise<void> {
  const clip = fileURLToPath(new URL('../../models/clip-tokenizer', import.meta.url));
  const { definition } = await readTokenizerFiles(clip);
  await copyFile(join(clip, 'merges.txt'), join(folder, 'merges.txt'));
  await writeFile(join(folder, 'vocab.json'), JSON.stringify(definition.model.vocab));
}

/** The file gets its name last: one that is there is whole. */
async function writeWhole(file: string, weights: readonly NamedShape[], progress: Progress): Promise<void> {
  let shown = -1;
  await writeRandomWeights(
    `${file}.part`,
    weights,
    (share) => {
      const percent = Math.floor(10 * share) * 10;
      if (percent > shown) progress(`${file}: ${percent} % written`);
      shown = percent;
    },
    'F16',
  );
  await rename(`${file}.part`, file);
}
