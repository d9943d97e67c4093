/** Every name of the real Stable Diffusion XL, and the configuration files of models as people have them. */

import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireParameters } from '../../companion/checkpoint/weight-store.ts';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import {
  type FileLayout,
  partsOfOriginal,
} from '../../companion/models/families/latent-diffusion/original-names.ts';
import { stableDiffusionXlFormat } from '../../companion/models/families/stable-diffusion-xl/format.ts';
import { splitParameterName } from '../../companion/models/layers/scope.ts';
import { wholeGraph } from '../../companion/models/model-graphs.ts';
import { describeModel } from '../../companion/pipeline/pipeline.ts';
import { elementCount, type Shape } from '../../companion/tensor/tensor.ts';
import { GOLDEN, NO_GOLDEN } from '../checkpoint/golden-folder.ts';

const NAMES = join(GOLDEN, 'sdxl_full', 'names.json');
const PUBLISHED = join(GOLDEN, '..', 'published-configs');
const XL = 'stable-diffusion-xl-base-1.0';

interface Name {
  readonly shape: readonly number[];
  readonly original: string;
}

const LAYOUT: FileLayout = {
  layersPerBlock: [2, 2, 2],
  vaeLevels: 4,
  textEncoders: [
    { component: 'text_encoder', prefix: 'conditioner.embedders.0.transformer.', code: 'transformers' },
    { component: 'text_encoder_2', prefix: 'conditioner.embedders.1.model.', code: 'open_clip' },
  ],
};

describe.skipIf(NO_GOLDEN || !existsSync(PUBLISHED))('the real Stable Diffusion XL', () => {
  const names = NO_GOLDEN
    ? {}
    : (JSON.parse(readFileSync(NAMES, 'utf8')) as Record<string, Record<string, Name>>);
  const components = Object.entries(names).filter(([component]) => component !== '_');
  let scratch: string;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'likeness-xl-names-'));
  });
  afterAll(() => rm(scratch, { recursive: true }));

  it('has every parameter that the graphs ask for, of its shape, from its published configs', async () => {
    const folder = await published(XL, scratch, names);
    const checkpoint = await openCheckpoint(folder);
    const { model, facts, architecture } = describeModel(checkpoint);
    expect({ architecture, resolution: facts.resolution, sizes: facts.sizes.length }).toEqual({
      architecture: 'stable-diffusion-xl-v1-base',
      resolution: 1024,
      sizes: 9,
    });
    const asked = [...wholeGraph(model).build().parameters].map(([parameter, { shape }]) => ({
      ...splitParameterName(parameter),
      shape,
    }));
    for (const [component, known] of components) {
      const own = asked.filter((parameter) => parameter.component === component);
      requireParameters(checkpoint.components.get(component)!.weights, component, own);
      // The first encoder's last layer and norm are read by no graph.
      if (component !== 'text_encoder') expect(own).toHaveLength(Object.keys(known).length);
    }
  });

  it.each(components)('%s has the names of a single file', (component, known) => {
    for (const [name, { shape, original }] of Object.entries(known)) {
      const [, base, third, isTransposed] = /^(\S+?)(?:\[(\d)\/3\])?( \(transposed\))?$/.exec(original)!;
      const stored = third ? [3 * shape[0]!, ...shape.slice(1)] : isTransposed ? shape.toReversed() : shape;
      const part = partsOfOriginal(base!, stored, LAYOUT).find((one) => one.name === name)!;
      expect(part, original).toMatchObject({ component, shape });
      if (third)
        expect(part.rows).toEqual({ start: Number(third) * shape[0]!, end: (Number(third) + 1) * shape[0]! });
      expect(part.isTransposed ?? false).toBe(isTransposed !== undefined);
    }
  });

  it('has LoRA names of its 11 adapter sites as its trainers write them', () => {
    const expected = (names._ as unknown as { lora_sgm: Record<string, string> }).lora_sgm;
    const paths = Object.keys(expected).map((layer) => layer.replace(/\.proj_out$/, ''));
    const nameOf = stableDiffusionXlFormat.lora.namesFor(paths);
    expect(paths.map((path) => nameOf(path, 'down'))).toEqual(
      Object.values(expected).map((name) => `${name}.lora_down.weight`),
    );
    for (const path of paths) {
      const layer = nameOf(path, 'alpha')
        .replace(/^lora_unet_/, '')
        .replace(/\.alpha$/, '');
      expect(stableDiffusionXlFormat.lora.siteOf(layer, 2)).toBe(path);
    }
  });

  it('opens as an inpainting model', async () => {
    const folder = await published('stable-diffusion-xl-1.0-inpainting-0.1', scratch, names);
    const { facts } = describeModel(await openCheckpoint(folder));
    expect(facts).toMatchObject({ latentChannels: 4, inputChannels: 9 });
  });
});

/** A published folder with weights of its shapes: files of the right size, all zeros, of which the disk stores nothing. */
async function published(
  name: string,
  scratch: string,
  names: Readonly<Record<string, Record<string, Name>>>,
): Promise<string> {
  const folder = join(scratch, name);
  await cp(join(PUBLISHED, name), folder, { recursive: true });
  for (const tokenizer of ['tokenizer', 'tokenizer_2']) {
    for (const file of ['vocab.json', 'merges.txt']) {
      await cp(join(GOLDEN, 'tokenizer_full', file), join(folder, tokenizer, file));
    }
  }
  for (const component of await readdir(folder)) {
    const known = names[component];
    if (known === undefined) continue;
    const stem = component.startsWith('text') ? 'model' : 'diffusion_pytorch_model';
    await mkdir(join(folder, component), { recursive: true });
    await writeSparse(join(folder, component, `${stem}.fp16.safetensors`), known);
  }
  return folder;
}

async function writeSparse(path: string, known: Readonly<Record<string, Name>>): Promise<void> {
  const header: Record<string, { dtype: 'F16'; shape: Shape; data_offsets: [number, number] }> = {};
  let end = 0;
  for (const [name, { shape }] of Object.entries(known)) {
    const start = end;
    end += 2 * elementCount(shape);
    header[name] = { dtype: 'F16', shape, data_offsets: [start, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, Buffer.concat([length, json]));
  await truncate(path, 8 + json.length + end);
}
