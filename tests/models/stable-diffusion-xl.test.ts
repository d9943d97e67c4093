import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConcept, writeConcept } from '../../companion/concepts/concept-file.ts';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { seededNoise } from '../../companion/diffusion/random.ts';
import { generate } from '../../companion/engine/generation/generate.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import { teach } from '../../companion/engine/teaching/teach.ts';
import { picture } from '../../companion/images/picture.ts';
import { requireParametersOf } from '../../companion/model-store/verify.ts';
import { CONTEXT } from '../../companion/models/family.ts';
import { readBaseModel } from '../../companion/pipeline/loaded-model.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { openSafetensors } from '../../companion/tensor/safetensors-file.ts';
import { float32 } from '../../companion/tensor/tensor.ts';
import { largestDifference } from '../diffusion/golden.ts';
import { CONFIGS, type Tensors, writeChanged, writeFolder, writeSingleFile } from './xl-checkpoint.ts';

let scratch: string;
let folder: string;
let file: string;
let cacheFolder: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'likeness-xl-'));
  cacheFolder = join(scratch, 'cache');
  folder = await writeFolder(join(scratch, 'folder'));
  file = await writeSingleFile(join(scratch, 'whole.safetensors'));
});
afterAll(() => rm(scratch, { recursive: true }));

const open = (path: string) => Pipeline.open(path, { cacheFolder, device: 'cpu', threads: 1 });

/** Text, the UNet's prediction, and a decoded picture. */
async function outputs(path: string) {
  const pipeline = await open(path);
  const size = { width: 32, height: 64 };
  const prompt = await pipeline.encodePrompt('a Red mug!!! on a beach', size);
  const [height, width] = [16, 8];
  const session = await pipeline.session(
    samplingGraph({ ...pipeline.model, guided: false, height, width, concepts: [] }),
  );
  const latents = seededNoise(4 * height * width, 3);
  const { prediction } = await session.run({
    sample: float32(latents, [1, 4, height, width]),
    timestep: float32([500], [1]),
    ...Object.fromEntries(prompt),
  });
  const pixels = await pipeline.decodeLatents(latents, height, width);
  const ids = pipeline.tokenizers.map((tokenizer) => tokenizer.encode('wow!!!').ids.slice(0, 8));
  await pipeline.close();
  const text = Object.fromEntries([...prompt].map(([name, { data }]) => [name, data] as const));
  const numbers: Record<string, Float32Array> = {
    ...text,
    prediction: prediction!.data as Float32Array,
    pixels,
  };
  return { ids, numbers };
}

describe('Stable Diffusion XL', () => {
  it('gives from one file the numbers of the folder, through both text encoders', async () => {
    const [fromFile, fromFolder] = [await outputs(file), await outputs(folder)];
    expect(fromFile.ids).toEqual(fromFolder.ids);
    for (const [name, values] of Object.entries(fromFile.numbers)) {
      // By one number: a difference of thousands takes minutes to print.
      expect(largestDifference(values, fromFolder.numbers[name]!), name).toBe(0);
    }
    expect(fromFile.numbers.prediction!.every(Number.isFinite)).toBe(true);
    // The second tokenizer pads with "!", and cuts single ones out of a text.
    expect(fromFile.ids[1]!.at(-1)).toBe(0);
    expect(fromFile.ids[0]!.at(-1)).toBe(49_407);
  });

  it('reads both text encoders but for their last layer, the pooled text and the size', async () => {
    const pipeline = await open(folder);
    const size = { width: 1152, height: 896 };
    const one = await pipeline.encodePrompt('a mug', size);
    expect(one.get(CONTEXT)!.shape).toEqual([1, 77, 128]);
    expect(one.get('text_embeds')!.shape).toEqual([1, 32]);
    expect([...one.get('time_ids')!.data]).toEqual([896, 1152, 0, 0, 896, 1152]);
    const other = await pipeline.encodePrompt('a mug', { width: 512, height: 512 });
    expect(largestDifference(other.get(CONTEXT)!.data, one.get(CONTEXT)!.data)).toBe(0);
    await pipeline.close();
  });

  it('tells no negative prompt from an empty one, unless the model says otherwise', async () => {
    const size = { width: 64, height: 64 };
    const pipeline = await open(folder);
    const absent = await pipeline.encodePrompt(undefined, size);
    expect(absent.get(CONTEXT)!.data.every((value) => value === 0)).toBe(true);
    expect(absent.get('text_embeds')!.data.every((value) => value === 0)).toBe(true);
    expect([...absent.get('time_ids')!.data]).toEqual([64, 64, 0, 0, 64, 64]);
    const empty = await pipeline.encodePrompt('', size);
    expect(empty.get(CONTEXT)!.data.some((value) => value !== 0)).toBe(true);
    await pipeline.close();
    const encoding = await open(
      await writeChanged(join(scratch, 'encoding'), folder, {
        'model_index.json': { force_zeros_for_empty_prompt: false },
      }),
    );
    const [without, blank] = [
      await encoding.encodePrompt(undefined, size),
      await encoding.encodePrompt('', size),
    ];
    expect(largestDifference(without.get(CONTEXT)!.data, blank.get(CONTEXT)!.data)).toBe(0);
    await encoding.close();
  });

  it('reads the embeddings of text encoders that have one layer', async () => {
    const one = { num_hidden_layers: 1 };
    const pipeline = await open(
      await writeChanged(join(scratch, 'shallow'), folder, {
        'text_encoder/config.json': { ...CONFIGS['text_encoder/config.json'], ...one },
        'text_encoder_2/config.json': { ...CONFIGS['text_encoder_2/config.json'], ...one },
      }),
    );
    const size = { width: 64, height: 64 };
    const [mug, cup] = [
      await pipeline.encodePrompt('a mug', size),
      await pipeline.encodePrompt('a cup', size),
    ];
    const state = (prompt: typeof mug, token: number) =>
      prompt.get(CONTEXT)!.data.subarray(token * 128, (token + 1) * 128);
    // No layer carries what a token is to the padding behind it.
    expect(largestDifference(state(mug, 2), state(cup, 2))).toBeGreaterThan(0);
    expect(largestDifference(state(mug, 5), state(cup, 5))).toBe(0);
    await pipeline.close();
  });

  it('has 11 adapter sites, sizes of its buckets at 1024 pixels, and settings of its own', async () => {
    const vae = { ...CONFIGS['vae/config.json'], block_out_channels: [32, 64, 64, 64] };
    const full = await open(await writeChanged(join(scratch, 'full'), folder, { 'vae/config.json': vae }));
    expect(full.adapterSites).toHaveLength(11);
    expect(full.adapterSites.map(({ stride }) => stride)).toEqual([2, 2, 4, 4, 4, 4, 4, 4, 2, 2, 2]);
    const { resolution, sizes, sampling } = full.facts;
    expect({ resolution, first: sizes[0], count: sizes.length, sampling }).toEqual({
      resolution: 1024,
      first: { width: 1024, height: 1024 },
      count: 9,
      sampling: { sampler: 'euler', guidanceScale: 5 },
    });
    for (const { width, height } of sizes) expect(Math.abs(width * height - 1024 ** 2)).toBeLessThan(70_000);
    await full.close();
  });
});

const tensor = (shape: readonly number[]) => ({
  dtype: 'F16' as const,
  shape,
  data: new Uint16Array(shape.reduce((product, size) => product * size, 1)),
});

describe('of one file', () => {
  const changed = (name: string, change: (tensors: Tensors) => void) =>
    writeSingleFile(join(scratch, `${name}.safetensors`), change);

  it('a prediction of v and a schedule that ends in noise are told by their marks', async () => {
    const mark = await changed('velocity', (tensors) => {
      tensors.set('v_pred', { dtype: 'F32', shape: [0], data: new Float32Array(0) });
      tensors.set('ztsnr', { dtype: 'F32', shape: [0], data: new Float32Array(0) });
    });
    const { noiseProcess, ...pipeline } = await open(mark);
    expect(noiseProcess.prediction).toBe('v');
    expect(noiseProcess.alphasCumprod.at(-1)).toBe(0);
    expect(noiseProcess.sampling.spacing).toBe('trailing');
    expect(pipeline.architecture).toBe('stable-diffusion-xl-v1-base');
    const plain = await open(file);
    expect(plain.noiseProcess).toMatchObject({ prediction: 'epsilon', sampling: { spacing: 'leading' } });
  });

  it('a transformer with fewer layers than those beside it has as many as there are', async () => {
    const pruned = await changed('pruned', (tensors) => {
      for (const name of [...tensors.keys()]) {
        if (name.includes('output_blocks.2.1.transformer_blocks.1.')) tensors.delete(name);
      }
    });
    const cacheFolder = join(scratch, 'cache');
    const whole = await requireParametersOf(file, cacheFolder);
    expect(await requireParametersOf(pruned, cacheFolder)).toBeLessThan(whole);
    expect((await open(pruned)).adapterSites).toHaveLength((await open(file)).adapterSites.length);
  });

  const CONVOLUTION = 'model.diffusion_model.input_blocks.0.0.weight';
  it.each<[string, RegExp, (tensors: Tensors) => void]>([
    [
      'the refiner',
      /refiner of Stable Diffusion XL/,
      (tensors) => {
        for (const name of [...tensors.keys()]) if (name.includes('embedders.')) tensors.delete(name);
        tensors.set('conditioner.embedders.0.model.ln_final.weight', tensor([64]));
      },
    ],
    [
      'editing',
      /takes 8 channels \(depth, editing/,
      (tensors) => tensors.set(CONVOLUTION, tensor([64, 8, 3, 3])),
    ],
    [
      'other text encoders',
      /other text encoders/,
      (tensors) => tensors.delete('conditioner.embedders.1.model.text_projection'),
    ],
    [
      'another noise process',
      /EDM noise process/,
      (tensors) => tensors.set('edm_vpred.sigma_max', tensor([1])),
    ],
  ])('%s is refused by name', async (name, message, change) => {
    await expect(open(await changed(name.replaceAll(' ', '-'), change))).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringMatching(message),
    });
  });
});

describe('of a folder', () => {
  it.each<[string, RegExp, Readonly<Record<string, object>>]>([
    [
      'the refiner',
      /refiner of SDXL/,
      { 'model_index.json': { _class_name: 'StableDiffusionXLImg2ImgPipeline' } },
    ],
    ['aesthetics scores', /refiner of SDXL/, { 'model_index.json': { requires_aesthetics_score: true } }],
    [
      'eight channels',
      /in_channels is 8, expected 4: it is a model that edits pictures/,
      { 'unet/config.json': { in_channels: 8 } },
    ],
    [
      'groups of the autoencoder',
      /vae.*multiples of norm_num_groups/,
      { 'vae/config.json': { norm_num_groups: 24 } },
    ],
    ['statistics of latents', /latents_mean/, { 'vae/config.json': { latents_mean: [0, 0, 0, 0] } }],
    [
      'a wider text encoder',
      /its text encoders: 77 and 77 tokens/,
      { 'text_encoder/config.json': { hidden_size: 96 } },
    ],
    [
      'another projection',
      /text_encoder_2: the pooled text has 48 numbers/,
      { 'text_encoder_2/config.json': { projection_dim: 48 } },
    ],
    [
      'another class of text encoder',
      /text_encoder_2.*T5EncoderModel/,
      { 'text_encoder_2/config.json': { architectures: ['T5EncoderModel'] } },
    ],
    [
      'another noise process',
      /EDM/,
      { 'scheduler/scheduler_config.json': { _class_name: 'EDMEulerScheduler' } },
    ],
    [
      'nested depths of one way',
      /transformer_layers_per_block/,
      { 'unet/config.json': { transformer_layers_per_block: [1, [1, 1], 2] } },
    ],
  ])('%s is refused by name', async (name, message, changes) => {
    await expect(
      open(await writeChanged(join(scratch, name.replaceAll(' ', '-')), folder, changes)),
    ).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringMatching(message),
    });
  });
});

describe('a product', () => {
  it('is taught through both text encoders, and its file has the names of its trainers', async () => {
    const data = Uint8Array.from({ length: 48 * 48 * 3 }, (_, index) => (index * 37) % 251);
    const frame = { name: 'frame', pixels: picture(48, 48, 3, data), findings: [] };
    // Of 64 pixels, at which the sample of what was learned takes seconds.
    const model = await writeChanged(join(scratch, 'little'), folder, {
      'unet/config.json': { ...CONFIGS['unet/config.json'], sample_size: 16 },
    });
    const engine = { model, device: 'cpu', threads: 1, cacheFolder } as const;
    const path = join(scratch, 'aurora.safetensors');
    for await (const event of teach({
      ...engine,
      references: [frame],
      name: 'aurora',
      classWord: 'toy',
      stateFile: join(scratch, 'state'),
      settings: { steps: 2, batchSize: 1, learningRate: 2e-2, trainTokenEmbedding: true, side: 32 },
      seed: 1,
      mirror: false,
    })) {
      if (event.type === 'taught') await writeConcept(path, event.concept);
    }
    const concept = await readConcept(path);
    expect(concept.tokenEmbeddings!.map(({ length }) => length)).toEqual([64, 64]);
    expect(concept.resolution).toEqual({ width: 32, height: 32 });
    const { tensors, metadata } = await openSafetensors(path);
    expect(metadata['modelspec.architecture']).toBe('stable-diffusion-xl-v1-base/lora');
    expect(metadata.ss_base_model_version).toBe('sdxl_base_v1-0');
    const modules = new Set([...tensors.keys()].map((name) => name.split('.')[0]!));
    expect([...modules].sort()).toEqual([
      ...[4, 5, 7, 8].map((block) => `lora_unet_input_blocks_${block}_1_proj_out`),
      'lora_unet_middle_block_1_proj_out',
      ...[0, 1, 2, 3, 4, 5].map((block) => `lora_unet_output_blocks_${block}_1_proj_out`),
    ]);

    const made = async (changes: Partial<GenerateRequest>) => {
      const making = generate({
        ...engine,
        prompt: resolvePrompt('@aurora on a beach', [{ ...concept, path }]),
        negativePrompt: undefined,
        count: 1,
        seed: 4,
        strength: 1,
        size: { width: 48, height: 32 },
        settings: { steps: 2, mask: 'median' },
        ...changes,
      });
      for await (const event of making) if (event.type === 'picture') return event;
      throw new Error('no picture was made');
    };
    const picture48 = await made({});
    expect(picture48.image).toMatchObject({ width: 48, height: 32 });
    expect(picture48.masks).toHaveLength(1);
    const base = await made({ settings: { steps: 2, mask: 'off' } });
    expect(largestDifference(base.image.data, picture48.image.data)).toBeGreaterThan(0);
    // A sampler that adds noise adds the same again.
    const [one, again] = [
      await made({ settings: { steps: 2, sampler: 'lcm', guidanceScale: 1 } }),
      await made({ settings: { steps: 2, sampler: 'lcm', guidanceScale: 1 } }),
    ];
    expect(largestDifference(one.image.data, again.image.data)).toBe(0);
  });

  it('is told what of its own scheduler is not followed', async () => {
    const other = join(scratch, 'clipped');
    await cp(folder, other, { recursive: true });
    const path = join(other, 'scheduler', 'scheduler_config.json');
    const config = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...config, lambda_min_clipped: -5.1 }));
    const { summary } = await readBaseModel(other, cacheFolder);
    expect(summary.notes).toEqual([expect.stringContaining('lambda_min_clipped -5.1')]);
  });

  it('is offered the sizes that the model was trained at', async () => {
    const { summary } = await readBaseModel(folder, cacheFolder);
    expect(summary).not.toHaveProperty('notes');
    expect(summary).toMatchObject({ sizeUnit: 16, defaults: { generate: { guidanceScale: 5 } } });
  });
});
