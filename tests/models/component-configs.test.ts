import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDiffusersFolder } from '../../companion/checkpoint/diffusers-folder.ts';
import { requireConfigsOf } from '../../companion/model-store/verify.ts';
import { stableDiffusion } from '../../companion/models/families/stable-diffusion/family.ts';
import { stableDiffusionFormat } from '../../companion/models/families/stable-diffusion/format.ts';
import { parseVaeConfig } from '../../companion/models/layers/autoencoder-config.ts';
import { parseClipTextConfig } from '../../companion/models/layers/clip-text.ts';
import { splitParameterName } from '../../companion/models/layers/scope.ts';
import { parseUnetConfig } from '../../companion/models/layers/unet-config.ts';
import { wholeGraph } from '../../companion/models/model-graphs.ts';
import { writeJson, writeTinyCheckpoint } from '../checkpoint/checkpoint-files.ts';
import { GOLDEN } from '../checkpoint/golden-folder.ts';
import { TEXT_CONFIG, UNET_CONFIG, VAE_CONFIG } from '../checkpoint/single-file-checkpoint.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

describe('a setting that is said for every level', () => {
  it.each([
    ['cross_attention_dim', [64, 64, 64, 64]],
    ['layers_per_block', [2, 2, 2, 2]],
    ['transformer_layers_per_block', [1, 1, 1, 1]],
    ['attention_head_dim', [8, 8, 8, 8]],
    ['only_cross_attention', [false, false, false, false]],
    ['sample_size', [64, 64]],
    ['norm_eps', null],
    ['act_fn', 'swish'],
    ['attention_head_dim', null],
    ['transformer_layers_per_block', null],
  ])('counts once: %s %j', (field, value) => {
    expect(parseUnetConfig({ ...UNET_CONFIG, [field]: value })).toEqual(parseUnetConfig(UNET_CONFIG));
  });

  it('counts once in an autoencoder', () => {
    expect(parseVaeConfig({ ...VAE_CONFIG, layers_per_block: [2, 2, 2] })).toEqual(
      parseVaeConfig(VAE_CONFIG),
    );
  });

  it.each([
    ['cross_attention_dim', [64, 32, 64, 64]],
    ['layers_per_block', [2, 2, 2]],
    ['only_cross_attention', 'yes'],
    ['reverse_transformer_layers_per_block', [1, 1]],
    ['num_class_embeds', 10],
    ['encoder_hid_dim_type', 'text_proj'],
    ['time_embedding_dim', 512],
    ['resnet_out_scale_factor', 0.5],
  ])('is refused by name where it differs, as is what there is no graph for: %s %j', (field, value) => {
    expect(() => parseUnetConfig({ ...UNET_CONFIG, [field]: value })).toThrow(
      expect.objectContaining({ code: 'checkpoint-unsupported', message: expect.stringContaining(field) }),
    );
  });
});

it.each<[config: string, parse: () => unknown, message: string]>([
  [
    'a kind of addition',
    () => parseUnetConfig({ ...UNET_CONFIG, addition_embed_type: 'image' }),
    'addition_embed_type: got "image", which is not supported',
  ],
  [
    'blocks',
    () => parseUnetConfig({ ...UNET_CONFIG, down_block_types: ['AttnDownBlock2D'] }),
    'down_block_types.0: got "AttnDownBlock2D", ',
  ],
  [
    'an activation',
    () => parseClipTextConfig({ ...TEXT_CONFIG, hidden_act: 'gelu_new' }),
    'hidden_act: got "gelu_new", ',
  ],
])('a refusal says what was got: %s', (_what, parse, message) => {
  expect(parse).toThrow(
    expect.objectContaining({ code: 'checkpoint-unsupported', message: expect.stringContaining(message) }),
  );
});

it("takes for a setting that is not there what its makers' own code takes", () => {
  const { hidden_act: _, ...rest } = { ...TEXT_CONFIG, hidden_act: 'quick_gelu' };
  expect(parseClipTextConfig({ ...rest, architectures: null }).activation).toBe('quick_gelu');
  expect(parseVaeConfig({ ...VAE_CONFIG, shift_factor: 0 })).toEqual(parseVaeConfig(VAE_CONFIG));
});

describe('a number that no model has', () => {
  it.each([
    ['transformer_layers_per_block', 1e7],
    ['sample_size', 1e9],
    ['in_channels', 1e9],
    ['attention_head_dim', 3],
  ])('is refused by name before a graph of it is built: %s %j', (field, value) => {
    expect(() => parseUnetConfig({ ...UNET_CONFIG, [field]: value })).toThrow(
      expect.objectContaining({ code: 'checkpoint-unsupported', message: expect.stringContaining(field) }),
    );
  });

  it.each([
    ['an autoencoder', parseVaeConfig, VAE_CONFIG, 'layers_per_block', 1e7],
    ['a text encoder', parseClipTextConfig, TEXT_CONFIG, 'num_hidden_layers', 1e7],
    ['a text encoder', parseClipTextConfig, TEXT_CONFIG, 'vocab_size', 1e12],
    ['a text encoder', parseClipTextConfig, TEXT_CONFIG, 'num_attention_heads', 7],
  ] as const)('is refused in %s, too', (_, parse, config, field, value) => {
    expect(() => (parse as (config: object) => unknown)({ ...config, [field]: value })).toThrow(
      expect.objectContaining({ code: 'checkpoint-unsupported', message: expect.stringContaining(field) }),
    );
  });
});

describe('a model of a known class that is another', () => {
  const parsed = (changes: Record<string, object>) => () => {
    const configs: Record<string, object> = { unet: UNET_CONFIG, text_encoder: TEXT_CONFIG, vae: VAE_CONFIG };
    const of = (name: string) =>
      configs[name] && ({ ...configs[name], ...changes[name] } as Record<string, unknown>);
    return stableDiffusion.parse({ of, index: {} }, 'mine');
  };

  it.each<[what: string, changes: Record<string, object>, message: RegExp]>([
    ['an editing UNet', { unet: { in_channels: 8 } }, /in_channels of its unet is 8.*that edits pictures/],
    ['learned variances', { unet: { out_channels: 8 } }, /out_channels of its unet is 8/],
    [
      'another text encoder',
      { text_encoder: { hidden_size: 96 } },
      /cross_attention_dim .* is 64, and hidden_size .* 96/,
    ],
    ['statistics of latents', { vae: { latents_mean: [0, 0, 0, 0] } }, /latents_mean/],
    ['added conditioning', { unet: { addition_embed_type: 'text' } }, /addition_embed_type/],
  ])('is refused by name: %s', (_what, changes, message) => {
    expect(parsed({})).not.toThrow();
    expect(parsed(changes)).toThrow(
      expect.objectContaining({ code: 'checkpoint-unsupported', message: expect.stringMatching(message) }),
    );
  });

  it.each([
    ['text_encoder', ['transformers', 'T5EncoderModel'], /text_encoder describes "T5EncoderModel"/],
    ['unet', ['diffusers', 'UNet3DConditionModel'], /unet describes "UNet3DConditionModel"/],
  ])('is refused by what model_index.json says of its %s', async (part, declared, message) => {
    const root = await writeTinyCheckpoint(await scratchFolder());
    await writeJson(join(root, 'model_index.json'), {
      _class_name: 'StableDiffusionPipeline',
      [part]: declared,
    });
    await expect(openDiffusersFolder(root, [stableDiffusionFormat], async () => {})).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringMatching(message),
    });
  });

  it('takes the class of its scheduler from model_index.json', async () => {
    const root = await writeTinyCheckpoint(await scratchFolder());
    const scheduler = ['diffusers', 'FlowMatchEulerDiscreteScheduler'];
    await writeJson(join(root, 'model_index.json'), { _class_name: 'StableDiffusionPipeline', scheduler });
    const { schedulerConfig } = await openDiffusersFolder(root, [stableDiffusionFormat], async () => {});
    expect(() => stableDiffusion.noiseProcess(schedulerConfig)).toThrow(/FlowMatchEulerDiscreteScheduler/);
  });
});

const PUBLISHED = fileURLToPath(new URL('../../../shared/published-configs', import.meta.url));
const absent = existsSync(PUBLISHED) ? '' : ` (not there: ${PUBLISHED})`;

async function publishedModel(name: string) {
  const folder = join(PUBLISHED, name);
  await requireConfigsOf(folder, name);
  const json = (path: string) =>
    JSON.parse(readFileSync(join(folder, path), 'utf8')) as Record<string, unknown>;
  const of = (part: string) => (part === 'vae_tiny' ? undefined : json(`${part}/config.json`));
  return { json, config: stableDiffusion.parse({ of, index: json('model_index.json') }, name) };
}

describe.skipIf(absent !== '')(`published configs${absent}`, () => {
  it.each([
    ['stable-diffusion-v1-5', 'stable-diffusion-v1', 512],
    ['stable-diffusion-2-1', 'stable-diffusion-v2-768-v', 768],
  ])('%s: opens', async (name, architecture, resolution) => {
    const { config, json } = await publishedModel(name);
    const { prediction } = stableDiffusion.noiseProcess(json('scheduler/scheduler_config.json'));
    expect(stableDiffusion.architecture(config, prediction)).toBe(architecture);
    expect(stableDiffusion.facts(config)).toMatchObject({ resolution, tokens: 77 });
    const names = join(GOLDEN, 'sd15_full/unet_keys_shapes.json');
    if (name !== 'stable-diffusion-v1-5' || !existsSync(names)) return;
    const parameters = [...wholeGraph({ family: 'stable-diffusion', config }).build().parameters];
    const unet = parameters.flatMap(([parameter, { shape }]) => {
      const { component, name: own } = splitParameterName(parameter);
      return component === 'unet' ? [[own, shape] as const] : [];
    });
    expect(Object.fromEntries(unet)).toEqual(JSON.parse(readFileSync(names, 'utf8')));
  });

  it.each(['stable-diffusion-inpainting', 'stable-diffusion-2-inpainting'])(
    '%s: opens as a model that looks at the kept part',
    async (name) => {
      const { config } = await publishedModel(name);
      expect(stableDiffusion.facts(config)).toMatchObject({ latentChannels: 4, inputChannels: 9 });
    },
  );
});
