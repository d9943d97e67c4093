import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpointAs } from '../../companion/checkpoint/checkpoint.ts';
import { openComponent } from '../../companion/checkpoint/diffusers-folder.ts';
import { requireParameters } from '../../companion/checkpoint/weight-store.ts';
import { FORMATS } from '../../companion/models/families/formats.ts';
import { readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { writeJson, writeScalar, writeTinyCheckpoint } from './checkpoint-files.ts';
import { COMPONENTS } from './component-specs.ts';
import { GOLDEN, NO_GOLDEN } from './golden-folder.ts';

/** Files alone: configs of these folders are of no model. */
const openCheckpoint = (path: string) => openCheckpointAs(path, FORMATS, async () => {});

const FILE = 'diffusion_pytorch_model.safetensors';
const UNET_INDEX = `${FILE}.index.json`;

const FAULTS: readonly [
  what: string,
  damage: (root: string) => Promise<unknown>,
  code: string,
  message: RegExp,
][] = [
  [
    'a missing folder',
    (root) => rm(root, { recursive: true }),
    'checkpoint-missing',
    /is not there, expected a model's folder or a .safetensors file/,
  ],
  [
    'an empty folder',
    async (root) => {
      await rm(root, { recursive: true });
      await mkdir(root);
    },
    'checkpoint-missing',
    /is empty, expected a model in diffusers' folder layout/,
  ],
  [
    'a file for a folder',
    async (root) => {
      await rm(root, { recursive: true });
      await writeFile(root, '');
    },
    'checkpoint-missing',
    /is a file, expected a model's folder or a .safetensors file/,
  ],
  [
    'a single-file checkpoint',
    (root) => rename(join(root, 'model_index.json'), join(root, 'v1-5.safetensors')),
    'checkpoint-missing',
    /has v1-5.safetensors, expected a model in diffusers' folder layout/,
  ],
  [
    'another pipeline',
    (root) => writeJson(join(root, 'model_index.json'), { _class_name: 'FluxPipeline' }),
    'checkpoint-unsupported',
    /describes "FluxPipeline" \(FLUX.*\), expected StableDiffusionPipeline/,
  ],
  [
    'a pipeline of no class',
    (root) => writeJson(join(root, 'model_index.json'), {}),
    'checkpoint-unsupported',
    /describes no class/,
  ],
  [
    'an index that is not JSON',
    (root) => writeFile(join(root, 'model_index.json'), '{'),
    'checkpoint-format',
    /model_index.json is not a readable JSON file/,
  ],
  [
    'a config that is a list',
    (root) => writeFile(join(root, 'unet', 'config.json'), '[]'),
    'checkpoint-format',
    /config.json holds no JSON object/,
  ],
  [
    'an unknown component',
    (root) => writeJson(join(root, 'vae', 'config.json'), { _class_name: 'VQModel' }),
    'checkpoint-unsupported',
    /vae\/config.json describes "VQModel", expected/,
  ],
  [
    'a component at the place of another',
    (root) => writeJson(join(root, 'vae', 'config.json'), { _class_name: 'UNet2DConditionModel' }),
    'checkpoint-unsupported',
    /describes "UNet2DConditionModel", expected AutoencoderKL or AutoencoderTiny/,
  ],
  [
    'no VAE',
    (root) => rm(join(root, 'vae'), { recursive: true }),
    'checkpoint-missing',
    /vae is not there, expected a folder/,
  ],
  [
    'no text encoder',
    (root) => rm(join(root, 'text_encoder'), { recursive: true }),
    'checkpoint-missing',
    /text_encoder is not there, expected a folder/,
  ],
  [
    'no scheduler',
    (root) => rm(join(root, 'scheduler'), { recursive: true }),
    'checkpoint-missing',
    /scheduler_config.json is not there/,
  ],
  [
    'half a tokenizer',
    (root) => rm(join(root, 'tokenizer', 'merges.txt')),
    'checkpoint-missing',
    /tokenizer has vocab.json, expected vocab.json and merges.txt/,
  ],
  [
    'no weights',
    (root) => rm(join(root, 'unet', FILE)),
    'checkpoint-missing',
    /unet holds no weights, expected/,
  ],
  [
    'pickled weights',
    (root) => rename(join(root, 'unet', FILE), join(root, 'unet', 'diffusion_pytorch_model.bin')),
    'checkpoint-unsupported',
    /diffusion_pytorch_model.bin, a pickle file, which can run code/,
  ],
  ...(
    [
      ['model.onnx', 'ONNX'],
      ['openvino_model.bin', 'OpenVINO'],
      ['diffusion_flax_model.msgpack', 'Flax'],
      ['unet-Q8_0.gguf', 'GGUF'],
    ] as const
  ).map(([name, form]): (typeof FAULTS)[number] => [
    `weights of ${form}`,
    (root) => rename(join(root, 'unet', FILE), join(root, 'unet', name)),
    'checkpoint-unsupported',
    new RegExp(`${name}, weights in the form of ${form}`),
  ]),
  [
    'parts of another program',
    (root) =>
      writeJson(join(root, 'model_index.json'), {
        _class_name: 'StableDiffusionPipeline',
        unet: ['diffusers', 'OnnxRuntimeModel'],
      }),
    'checkpoint-unsupported',
    /unet describes "OnnxRuntimeModel" \(a model in the form of another program\)/,
  ],
  [
    'an index that leaves the folder',
    async (root) => {
      await rename(join(root, 'unet', FILE), join(root, 'outside.safetensors'));
      await writeJson(join(root, 'unet', UNET_INDEX), { weight_map: { w: '../outside.safetensors' } });
    },
    'checkpoint-format',
    /weight_map.w: expected the name of a .safetensors file/,
  ],
  [
    'an index without a map',
    async (root) => {
      await rm(join(root, 'unet', FILE));
      await writeJson(join(root, 'unet', UNET_INDEX), {});
    },
    'checkpoint-format',
    /is no index of shards: weight_map/,
  ],
  [
    'a missing shard',
    async (root) => {
      await rm(join(root, 'unet', FILE));
      await writeJson(join(root, 'unet', UNET_INDEX), { weight_map: { w: 'gone.safetensors' } });
    },
    'checkpoint-missing',
    /gone.safetensors is not there/,
  ],
  [
    'a shard without what the index promises',
    async (root) => {
      await rename(join(root, 'unet', FILE), join(root, 'unet', 'shard.safetensors'));
      await writeJson(join(root, 'unet', UNET_INDEX), { weight_map: { other: 'shard.safetensors' } });
    },
    'checkpoint-format',
    /has no tensor other, which its index promises/,
  ],
  [
    'two shards with one name',
    async (root) => {
      await rm(join(root, 'unet', FILE));
      await writeScalar(join(root, 'unet', 'a.safetensors'), 'w', 1);
      await writeScalar(join(root, 'unet', 'b.safetensors'), 'w', 1);
      await writeJson(join(root, 'unet', UNET_INDEX), {
        weight_map: { w: 'a.safetensors', v: 'b.safetensors' },
      });
    },
    'checkpoint-format',
    /tensor w is in .*a.safetensors and in .*b.safetensors, expected once/,
  ],
];

describe('a checkpoint that cannot be used', () => {
  it.each(FAULTS)('is refused: %s', async (_what, damage, code, message) => {
    const root = await writeTinyCheckpoint(join(await scratchFolder(), 'model'));
    await damage(root);
    const refusal = await openCheckpoint(root).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((refusal as Error).message).not.toContain('\n');
  });
});

describe('a checkpoint as tools and editors leave it', () => {
  it("opens with Python's numbers in its scheduler's config", async () => {
    const root = await writeTinyCheckpoint(await scratchFolder());
    const config =
      '{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity, "beta_start": NaN}';
    await writeFile(join(root, 'scheduler', 'scheduler_config.json'), config);
    const { schedulerConfig } = await openCheckpoint(root);
    expect(schedulerConfig).toMatchObject({ lambda_min_clipped: Number.NEGATIVE_INFINITY, beta_start: null });
  });

  it.each([
    'model_index.json',
    'scheduler/scheduler_config.json',
    'unet/config.json',
    'text_encoder/config.json',
  ])('opens with a byte order mark before %s, as UTF-8 and as UTF-16', async (file) => {
    const root = await writeTinyCheckpoint(await scratchFolder());
    const text = await readFile(join(root, file), 'utf8');
    for (const encoding of ['utf8', 'utf16le'] as const) {
      await writeFile(join(root, file), `\ufeff${text}`, encoding);
      expect((await openCheckpoint(root)).components.size).toBe(3);
    }
  });
});

describe('the weights of a component', () => {
  const read = async (folder: string) => {
    const { weights } = await openComponent(folder, COMPONENTS.unet, '');
    return (await readFloat32(weights.get('w'))).data[0];
  };

  it('are fp32 where both are there', async () => {
    const folder = join(await writeTinyCheckpoint(await scratchFolder()), 'unet');
    await writeScalar(join(folder, 'diffusion_pytorch_model.fp16.safetensors'), 'w', 16);
    expect(await read(folder)).toBe(0);
    await rm(join(folder, FILE));
    expect(await read(folder)).toBe(16);
  });

  it.each([
    'diffusion_pytorch_model.safetensors.index.json',
    'diffusion_pytorch_model.fp16.safetensors.index.json',
    'diffusion_pytorch_model.safetensors.index.fp16.json',
    'model.safetensors.index.json',
  ])('are found by the index %s', async (index) => {
    const folder = join(await writeTinyCheckpoint(await scratchFolder()), 'unet');
    await rm(join(folder, FILE));
    await writeScalar(join(folder, 'one.safetensors'), 'v', 1);
    await writeScalar(join(folder, 'two.safetensors'), 'w', 2);
    await writeJson(join(folder, index), { weight_map: { v: 'one.safetensors', w: 'two.safetensors' } });
    const { weights } = await openComponent(folder, COMPONENTS.unet, '');
    expect([...weights.names()].sort()).toEqual(['v', 'w']);
    expect(weights.files).toHaveLength(2);
    expect(await read(folder)).toBe(2);
  });

  it.each([
    ['bf16 alone', ['diffusion_pytorch_model.bf16.safetensors']],
    ['a name of its own', ['my-unet.safetensors']],
    ['an ending in capitals', ['diffusion_pytorch_model.SAFETENSORS']],
    [
      'shards without an index',
      [
        'diffusion_pytorch_model-00001-of-00002.safetensors',
        'diffusion_pytorch_model-00002-of-00002.safetensors',
      ],
    ],
    [
      'averaged weights beside others',
      ['diffusion_pytorch_model.bf16.safetensors'],
      'diffusion_pytorch_model.non_ema.safetensors',
    ],
  ])('are found where they are %s', async (_how, files, other = undefined) => {
    const folder = join(await writeTinyCheckpoint(await scratchFolder()), 'unet');
    await rm(join(folder, FILE));
    for (const [index, name] of files.entries())
      await writeScalar(join(folder, name), index === 0 ? 'w' : 'v', 2);
    if (other !== undefined) await writeScalar(join(folder, other), 'w', 3);
    expect(await read(folder)).toBe(2);
  });

  it.each([
    [
      'diffusion_pytorch_model.fp16-00001-of-00002.safetensors',
      'diffusion_pytorch_model-00001-of-00002.fp16.safetensors',
    ],
    [
      'diffusion_pytorch_model-00001-of-00002.safetensors',
      'diffusion_pytorch_model-00001-of-00002.fp16.safetensors',
    ],
  ])('are found where the index says %s and there is %s', async (said, there) => {
    const folder = join(await writeTinyCheckpoint(await scratchFolder()), 'unet');
    await rm(join(folder, FILE));
    await writeScalar(join(folder, there), 'w', 2);
    await writeScalar(join(folder, there.replace('00001', '00002')), 'v', 1);
    const weight_map = { w: said, v: said.replace('00001', '00002') };
    await writeJson(join(folder, 'diffusion_pytorch_model.safetensors.index.fp16.json'), { weight_map });
    expect(await read(folder)).toBe(2);
  });

  it('are not guessed among shards of which some are missing', async () => {
    const folder = join(await writeTinyCheckpoint(await scratchFolder()), 'unet');
    await rename(join(folder, FILE), join(folder, 'diffusion_pytorch_model-00001-of-00002.safetensors'));
    await expect(read(folder)).rejects.toMatchObject({ code: 'checkpoint-missing' });
  });

  it('of a text encoder are read with and without the name of the text model, as transformers 4 and 5 save them', async () => {
    const folder = join(await writeTinyCheckpoint(await scratchFolder()), 'text_encoder');
    for (const name of ['text_model.final_layer_norm.bias', 'final_layer_norm.bias']) {
      await writeScalar(join(folder, 'model.safetensors'), name, 1);
      const { weights } = await openComponent(folder, COMPONENTS.textEncoder, '');
      expect([...weights.names()]).toEqual(['text_model.final_layer_norm.bias']);
    }
    await writeScalar(join(folder, 'model.safetensors'), 'text_projection.weight', 1);
    expect(
      (await openComponent(folder, COMPONENTS.textEncoder, '')).weights.has('text_projection.weight'),
    ).toBe(true);
  });

  it('are held to what a graph expects', async () => {
    const { components } = await openCheckpoint(await writeTinyCheckpoint(await scratchFolder()));
    const unet = components.get('unet')!;
    const expecting =
      (...expected: { name: string; shape: number[] }[]) =>
      () =>
        requireParameters(unet.weights, 'unet', expected);
    expect(expecting({ name: 'w', shape: [] })).not.toThrow();
    expect(expecting({ name: 'x', shape: [] }, { name: 'w', shape: [] }, { name: 'y', shape: [] })).toThrow(
      'unet lacks 2 of 3 parameters, the first x',
    );
    expect(expecting({ name: 'w', shape: [2] })).toThrow('unet: w has shape [], expected [2]');
    expect(() => unet.weights.get('x')).toThrow('has no tensor x');
  });
});

describe.skipIf(NO_GOLDEN !== undefined)(`reference checkpoints (${NO_GOLDEN ?? 'there'})`, () => {
  it('in fp16 differ from fp32 by half rounding only', async () => {
    const full = await openCheckpoint(join(GOLDEN, 'nano', 'pipeline'));
    const half = await openCheckpoint(join(GOLDEN, 'nano', 'pipeline_fp16'));
    expect(full.components.get('vae')!.className).toBe('AutoencoderKL');
    for (const part of ['unet', 'text_encoder', 'vae']) {
      const weights = (checkpoint: typeof full) => checkpoint.components.get(part)!.weights;
      const names = [...weights(full).names()];
      expect([...weights(half).names()].sort()).toEqual(names.sort());
      for (const name of names) {
        const exact = await readFloat32(weights(full).get(name));
        const rounded = await readFloat32(weights(half).get(name));
        expect(rounded.shape).toEqual(exact.shape);
        // Half a unit in the last place of 11 significant bits, or of a subnormal's 2^-24.
        const fault = exact.data.findIndex(
          (value, i) => Math.abs(value - rounded.data[i]!) > Math.max(Math.abs(value) * 2 ** -11, 2 ** -25),
        );
        expect([name, fault]).toEqual([name, -1]);
      }
    }
  });

  it.each(['nano', 'narrow16'])('%s: the tiny autoencoder opens as a component', async (model) => {
    const tiny = await openComponent(join(GOLDEN, model, 'taesd'), COMPONENTS.vae, '');
    expect(tiny.className).toBe('AutoencoderTiny');
    expect(tiny.weights.get('decoder.layers.0.weight').shape).toEqual([16, 4, 3, 3]);
  });
});

describe('advice', () => {
  const adviceOn = async (path: string) =>
    openCheckpoint(path).then(
      () => '',
      (error: { advice?: string }) => error.advice ?? '',
    );

  it("names the model's folder where a part of it, or a folder around it, was given", async () => {
    const root = await scratchFolder();
    const model = await writeTinyCheckpoint(join(root, 'inner'));
    for (const given of [join(model, 'unet'), join(model, 'unet', FILE), root]) {
      expect(await adviceOn(given)).toBe(`Name the model's folder: --model ${model}`);
    }
  });

  it('says of sound files that do not fit each other what they are, and not to fetch them again', async () => {
    const { components } = await openCheckpoint(await writeTinyCheckpoint(await scratchFolder()));
    const { weights } = components.get('unet')!;
    for (const expected of [
      { name: 'x', shape: [] },
      { name: 'w', shape: [2] },
    ]) {
      expect(() => requireParameters(weights, 'unet', [expected])).toThrow(
        expect.objectContaining({ advice: expect.stringMatching(/of another model than its settings/) }),
      );
    }
  });
});
