import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../companion/checkpoint/component.ts';
import { locateWeights } from '../../companion/checkpoint/external-weights.ts';
import { mergeLoras } from '../../companion/lora/merged-checkpoint.ts';
import { patchFiles } from '../../companion/lora/patch-file.ts';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import { readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import { elementCount } from '../../companion/tensor/tensor.ts';
import { unetModules } from '../checkpoint/single-file-checkpoint.ts';
import { writeFolder, writeSingleFile } from '../models/xl-checkpoint.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { type RawTensor, writeRawSafetensors } from '../tensor/tensor-files.ts';
import { kohyaName, type Spelling, type StyleLayer, styleLayers, styleTensors } from './style-file.ts';

const MODEL = { name: 'small', architecture: 'stable-diffusion-xl-v1-base' };

let checkpoint: Checkpoint;
let cacheFolder: string;
let layers: readonly StyleLayer[];

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'likeness-merge-'));
  checkpoint = await openCheckpoint(await writeFolder(join(cacheFolder, 'model')));
  layers = styleLayers(checkpoint);
});
afterAll(() => rm(cacheFolder, { recursive: true }));

async function fileOf(
  tensors: Readonly<Record<string, RawTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = join(await scratchFolder(), 'style.safetensors');
  await writeRawSafetensors(path, tensors, metadata);
  return path;
}

async function merged(path: string, weight = 0.75, into = checkpoint) {
  return mergeLoras(into, MODEL, [{ name: 'style', path, weight }], { cacheFolder });
}

async function valuesOf(model: Checkpoint, { component, module }: StyleLayer): Promise<Float32Array> {
  return (await readFloat32(model.components.get(component)!.weights.get(`${module}.weight`))).data;
}

/** Modules whose weights are not the same, bit for bit. */
async function differing(one: Checkpoint, other: Checkpoint): Promise<readonly string[]> {
  const found: string[] = [];
  for (const layer of layers) {
    const [a, b] = [await valuesOf(one, layer), await valuesOf(other, layer)];
    if (
      !Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
        Buffer.from(b.buffer, b.byteOffset, b.byteLength),
      )
    )
      found.push(layer.module);
  }
  return found;
}

async function refusalOf(tensors: Readonly<Record<string, RawTensor>>, metadata = {}): Promise<Error> {
  return merged(await fileOf(tensors, metadata)).then(
    () => new Error('it was merged'),
    (error: unknown) => error as Error,
  );
}

/** weight * alpha / rank * up * down, added in double precision. */
async function expected(layer: StyleLayer, weight: number): Promise<Float64Array> {
  const base = Float64Array.from(await valuesOf(checkpoint, layer));
  const columns = elementCount(layer.shape.slice(1));
  for (let index = 0; index < base.length; index++) {
    const [row, column] = [Math.floor(index / columns), index % columns];
    let sum = 0;
    for (let one = 0; one < layer.rank; one++)
      sum += layer.up[row * layer.rank + one]! * layer.down[one * columns + column]!;
    base[index]! += (weight * layer.alpha * sum) / layer.rank;
  }
  return base;
}

function furthest(got: Float32Array, wanted: Float64Array | Float32Array): number {
  return got.reduce((most, value, index) => Math.max(most, Math.abs(value - wanted[index]!)), 0);
}

const ORIGINAL: readonly (readonly [string, string])[] = [
  ['label_emb.0.0', 'add_embedding.linear_1'],
  ['label_emb.0.2', 'add_embedding.linear_2'],
  ...unetModules(3, [false, true, true]),
];

function originalName(module: string): string {
  const [original, ours] = ORIGINAL.find(([, one]) => module === one || module.startsWith(`${one}.`))!;
  return original + module.slice(ours.length);
}

const underscored = (path: string) => path.replaceAll('.', '_');
const kohyaEnd = { down: 'lora_down.weight', up: 'lora_up.weight', alpha: 'alpha' };
const peftEnd = { down: 'lora_A.weight', up: 'lora_B.weight', alpha: 'alpha' };
const oldEnd = { down: 'lora.down.weight', up: 'lora.up.weight', alpha: 'alpha' };
const isText = ({ component }: StyleLayer) => component.startsWith('text');
const dotted: Spelling['name'] = ({ component, module }, part) => `${component}.${module}.${peftEnd[part]}`;

const SPELLINGS: readonly (readonly [string, Spelling])[] = [
  ['kohya, in halves', { name: kohyaName, dtype: 'F16' }],
  ['kohya, 1x1 convolutions as matrices', { name: kohyaName, isFlat: true }],
  ['kohya, alphas as whole numbers', { name: kohyaName, alphaDtype: 'I64' }],
  ['kohya, alphas in double precision', { name: kohyaName, alphaDtype: 'F64' }],
  [
    "the original code's blocks",
    {
      name: (layer, part) =>
        isText(layer)
          ? kohyaName(layer, part)
          : `lora_unet_${underscored(originalName(layer.module))}.${kohyaEnd[part]}`,
    },
  ],
  [
    "ComfyUI's",
    {
      name: (layer, part) =>
        isText(layer)
          ? `text_encoders.clip_${layer.component === 'text_encoder' ? 'l' : 'g'}.transformer.${layer.module}.${kohyaEnd[part]}`
          : `diffusion_model.${originalName(layer.module)}.${kohyaEnd[part]}`,
    },
  ],
  ["peft's in diffusers", { name: dotted, hasAlpha: false }],
  ['peft with an alpha', { name: dotted }],
  [
    "a named adapter's",
    {
      name: (layer, part) =>
        part === 'alpha' ? dotted(layer, part) : dotted(layer, part).replace('.weight', '.default.weight'),
    },
  ],
  [
    "peft's own",
    {
      name: ({ component, module }, part) =>
        `base_model.model.${component === 'unet' ? '' : `${component}.`}${module}.${peftEnd[part]}`,
    },
  ],
  [
    "older diffusers'",
    { name: ({ component, module }, part) => `${component}.${module}.${oldEnd[part]}`, hasAlpha: false },
  ],
  [
    "diffusers' with processors",
    {
      name: ({ component, module }, part) =>
        `${component}.${module.replace(/\.(attn\d)\.(to_[qkv]|to_out)(?:\.0)?$/, '.$1.processor.$2_lora')}.${oldEnd[part]}`
          .replace('_lora.lora.', '_lora.')
          .replace(/self_attn\.(q|k|v|out)_proj\.lora\./, 'self_attn.to_$1_lora.'),
      hasAlpha: false,
    },
  ],
  [
    'of text encoders without text_model',
    {
      name: ({ component, module }, part) =>
        `${component}.${module.replace('text_model.', '')}.${peftEnd[part]}`,
    },
  ],
];

describe('a style on every kind of layer', () => {
  it('is on matrices, on convolutions of both kernels, and on both text encoders', () => {
    const kinds = new Set(layers.map(({ component, shape }) => `${component} ${shape.slice(2).join('x')}`));
    expect([...kinds].sort()).toEqual(['text_encoder ', 'text_encoder_2 ', 'unet ', 'unet 1x1', 'unet 3x3']);
  });

  it('is added at its weight, to what the model has', async () => {
    const { checkpoint: styled, merged: reports } = await merged(
      await fileOf(styleTensors(layers, { name: kohyaName })),
    );
    expect(reports).toMatchObject([{ layers: layers.length, unmatched: [], weight: 0.75 }]);
    for (const layer of layers) {
      expect(furthest(await valuesOf(styled, layer), await expected(layer, 0.75))).toBeLessThan(1e-6);
    }
  });

  it.each(SPELLINGS)('is the same under the names of %s', async (_, spelling) => {
    const plain = await merged(await fileOf(styleTensors(layers, { name: kohyaName })));
    const other = await merged(await fileOf(styleTensors(layers, spelling)));
    expect(other.merged[0]).toMatchObject({ layers: layers.length, unmatched: [] });
    expect(await differing(other.checkpoint, plain.checkpoint)).toEqual([]);
  });

  it('is the same on the model in one file', async () => {
    const single = await openCheckpoint(
      await writeSingleFile(join(await scratchFolder(), 'one.safetensors')),
    );
    const path = await fileOf(styleTensors(layers, { name: kohyaName }));
    const [one, other] = [await merged(path), await merged(path, 0.75, single)];
    expect(await differing(other.checkpoint, one.checkpoint)).toEqual([]);
  });
});

describe('a patch', () => {
  it('holds the changed weights alone, once', async () => {
    const few = styleLayers(checkpoint, (module) => module.endsWith('attn2.to_v'));
    const before = await patchFiles(checkpoint, cacheFolder);
    const path = await fileOf(styleTensors(few, { name: kohyaName }));
    const { checkpoint: styled } = await merged(path);
    const [file] = (await patchFiles(checkpoint, cacheFolder)).filter((one) => !before.includes(one));
    const bytes = few.reduce((sum, { shape }) => sum + 4 * elementCount(shape), 0);
    expect((await stat(file!)).size).toBeLessThan(bytes + 64 * few.length);
    const { mtimeMs, ino } = await stat(file!);
    await merged(path);
    expect(await patchFiles(checkpoint, cacheFolder)).toHaveLength(before.length + 1);
    expect((await stat(file!)).ino).toBe(ino);
    expect(mtimeMs).toBeGreaterThan(0);
    const locate = await locateWeights(styled.components.get('unet')!.weights, cacheFolder);
    expect(locate(`${few[0]!.module}.weight`).file).toBe(file);
    expect(locate('conv_in.weight').file).not.toBe(file);
  });

  it('is not made at weight 0, where the model is itself', async () => {
    const before = await readdir(cacheFolder);
    const { checkpoint: same, merged: reports } = await merged(await fileOf({}), 0);
    expect(same).toBe(checkpoint);
    expect(reports).toEqual([]);
    expect(await readdir(cacheFolder)).toEqual(before);
  });

  it('is another at another weight', async () => {
    const few = styleLayers(checkpoint, (module) => module === 'conv_in');
    const path = await fileOf(styleTensors(few, { name: kohyaName }));
    const [half, whole] = [await merged(path, 0.5), await merged(path, 1)];
    expect(await valuesOf(half.checkpoint, few[0]!)).not.toEqual(await valuesOf(whole.checkpoint, few[0]!));
  });

  it('stacks several LoRAs, also of other layers and ranks', async () => {
    const [one] = styleLayers(checkpoint, (module) => module === 'conv_in');
    const both = styleLayers(checkpoint, (module) => /^conv_(in|out)$/.test(module));
    const files = [
      await fileOf(styleTensors([one!], { name: kohyaName })),
      await fileOf(styleTensors(both, { name: dotted })),
    ];
    const loras = files.map((path, index) => ({ name: `style ${index}`, path, weight: 0.5 + index }));
    const { checkpoint: styled, merged: reports } = await mergeLoras(checkpoint, MODEL, loras, {
      cacheFolder,
    });
    expect(reports.map(({ layers: count }) => count)).toEqual([1, 2]);
    const wanted = await expected(one!, 0.5);
    const base = await valuesOf(checkpoint, one!);
    for (const [index, value] of (await expected(both[0]!, 1.5)).entries())
      wanted[index]! += value - base[index]!;
    expect(furthest(await valuesOf(styled, one!), wanted)).toBeLessThan(1e-6);
  });

  it('is in no other component than those that it changes', async () => {
    const few = styleLayers(checkpoint, (module) => module === 'conv_in');
    const { checkpoint: styled } = await merged(await fileOf(styleTensors(few, { name: kohyaName })));
    expect(styled.components.get('vae')).toBe(checkpoint.components.get('vae'));
    expect(styled.components.get('text_encoder')).toBe(checkpoint.components.get('text_encoder'));
  });
});

describe('refused by name', () => {
  const few = () => styleLayers(checkpoint, (module) => module.endsWith('attn2.to_k'));
  const plain = () => styleTensors(few(), { name: kohyaName });
  const one = (name: string): Record<string, RawTensor> => ({
    ...plain(),
    [`lora_unet_down_blocks_1_attentions_0_proj_out.${name}`]: {
      dtype: 'F32',
      shape: [1],
      bytes: new Uint8Array(4),
    },
  });

  it.each([
    ['dora_scale', /DoRA/],
    ['hada_w1_a', /LoHa/],
    ['lokr_w1', /LoKr/],
    ['lora_mid.weight', /Tucker/],
    ['oft_blocks', /OFT/],
    ['a1.weight', /GLoRA/],
    ['on_input', /\(IA\)/],
    ['diff', /whole weights/],
    ['diff_b', /bias/],
  ])('%s', async (name, kind) => {
    expect(await refusalOf(one(name))).toMatchObject({
      code: 'concept-format',
      message: expect.stringMatching(kind) as string,
    });
  });

  it.each([
    [{ 'modelspec.architecture': 'stable-diffusion-v1/lora' }, 'stable-diffusion-v1'],
    [{ ss_base_model_version: 'sd_v2_v' }, 'stable-diffusion-v2'],
  ])('another architecture, by its header: %j', async (metadata, other) => {
    const error = await refusalOf(plain(), metadata);
    expect(error).toMatchObject({ code: 'concept-mismatch' });
    expect(error.message).toContain(other);
    expect(error.message).toContain(MODEL.architecture);
  });

  it('another architecture, by the width of the text that it reads', async () => {
    const wide = few().map((layer) => ({
      ...layer,
      shape: [layer.shape[0]!, 768],
      down: new Float32Array(layer.rank * 768),
    }));
    const error = await refusalOf(styleTensors(wide, { name: kohyaName }));
    expect(error.message).toContain('is a LoRA for stable-diffusion-v1, and the model small is of');
  });

  it('another kind of model, by its layers', async () => {
    const tensor = { dtype: 'F32', shape: [2, 8], bytes: new Uint8Array(64) };
    const error = await refusalOf({
      'transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight': tensor,
      'transformer.single_transformer_blocks.0.attn.to_q.lora_B.weight': { ...tensor, shape: [8, 2] },
    });
    expect(error.message).toMatch(/is a LoRA for Flux, and the model small/);
  });

  it('a layer of another shape, a pair of which one is missing, a rank of nothing', async () => {
    const [layer] = few();
    const tensors = styleTensors([layer!], { name: kohyaName });
    const [down, up] = [kohyaName(layer!, 'down'), kohyaName(layer!, 'up')];
    const { [up]: _, ...lacking } = tensors;
    expect((await refusalOf(lacking)).message).toMatch(/no up factor/);
    const empty = { dtype: 'F32', shape: [0, 128], bytes: new Uint8Array() };
    expect((await refusalOf({ ...tensors, [down]: empty })).message).toMatch(/rank 0/);
    const short = { dtype: 'F32', shape: [layer!.rank, 32], bytes: new Uint8Array(layer!.rank * 128) };
    expect((await refusalOf({ ...tensors, [down]: short })).message).toMatch(/expected \[\d+,128\]/);
  });

  it('numbers that are not finite, and leaves no patch', async () => {
    const [layer] = few();
    const tensors = styleTensors([layer!], { name: kohyaName });
    const before = await readdir(cacheFolder);
    const name = kohyaName(layer!, 'up');
    const values = new Float32Array(tensors[name]!.bytes.slice().buffer).fill(Number.NaN, 3, 4);
    const bytes = new Uint8Array(values.buffer);
    expect((await refusalOf({ ...tensors, [name]: { ...tensors[name]!, bytes } })).message).toMatch(
      /has NaN at element 3/,
    );
    const other = kohyaName(layer!, 'down');
    const filled = (count: number, value: number) =>
      new Uint8Array(new Float32Array(count).fill(value).buffer);
    const huge = {
      ...tensors,
      [name]: { ...tensors[name]!, bytes: filled(values.length, 3e38) },
      [other]: { ...tensors[other]!, bytes: filled(layer!.down.length, 100) },
    };
    expect((await refusalOf(huge)).message).toMatch(/not finite/);
    const patches = (await readdir(cacheFolder)).filter((one) => !before.includes(one));
    expect(patches.filter((one) => !one.endsWith('.sha256'))).toEqual([]);
  });

  it('a file none of whose layers the model has; others are counted', async () => {
    const stranger = { dtype: 'F32', shape: [2, 8], bytes: new Uint8Array(64) };
    const pair = {
      'lora_unet_nowhere_0.lora_down.weight': stranger,
      'lora_unet_nowhere_0.lora_up.weight': { ...stranger, shape: [8, 2] },
    };
    expect((await refusalOf(pair)).message).toMatch(/none of its 2 tensors .* "lora_unet_nowhere_0/);
    const { merged: reports } = await merged(await fileOf({ ...plain(), ...pair }));
    expect(reports[0]!.unmatched).toEqual(Object.keys(pair));
  });
});
