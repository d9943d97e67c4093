import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Graph, graphSpec } from '../../companion/graph/graph.ts';
import { listModels } from '../../companion/model-store/catalogue.ts';
import { requireParametersOf } from '../../companion/model-store/verify.ts';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import {
  type FileLayout,
  partsOfOriginal,
} from '../../companion/models/families/latent-diffusion/original-names.ts';
import { stableDiffusionFormat } from '../../companion/models/families/stable-diffusion/format.ts';
import { CONTEXT } from '../../companion/models/family.ts';
import { parseVaeConfig } from '../../companion/models/layers/autoencoder-config.ts';
import { parseClipTextConfig } from '../../companion/models/layers/clip-text.ts';
import { Scope } from '../../companion/models/layers/scope.ts';
import { buildUnet } from '../../companion/models/layers/unet.ts';
import { parseUnetConfig } from '../../companion/models/layers/unet-config.ts';
import { readTokenizerFiles } from '../../companion/models/text/tokenizer-files.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { openSafetensors } from '../../companion/tensor/safetensors-file.ts';
import type { WritableTensor } from '../../companion/tensor/safetensors-writer.ts';
import { float32 } from '../../companion/tensor/tensor.ts';
import { configOf } from '../pipeline/stable-diffusion.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';
import { GOLDEN, NO_GOLDEN } from './golden-folder.ts';
import {
  TEXT_CONFIG,
  UNET_CONFIG,
  unetModules,
  VAE_CONFIG,
  writeBothLayouts,
} from './single-file-checkpoint.ts';

const LAYOUT: FileLayout = {
  layersPerBlock: [2, 2, 2, 2],
  vaeLevels: 4,
  textEncoders: [
    { component: 'text_encoder', prefix: 'cond_stage_model.transformer.', code: 'transformers' },
    { component: 'text_encoder_2', prefix: 'conditioner.embedders.1.model.', code: 'open_clip' },
  ],
};
const nameOf = (original: string) => partsOfOriginal(original, [1], LAYOUT)[0]?.name;

describe('original names', () => {
  it.each([
    ['model.diffusion_model.output_blocks.2.1.conv.weight', 'up_blocks.0.upsamplers.0.conv.weight'],
    ['model.diffusion_model.output_blocks.5.2.conv.bias', 'up_blocks.1.upsamplers.0.conv.bias'],
    ['model.diffusion_model.output_blocks.3.1.norm.weight', 'up_blocks.1.attentions.0.norm.weight'],
    ['model.diffusion_model.output_blocks.2.0.in_layers.0.weight', 'up_blocks.0.resnets.2.norm1.weight'],
    ['model.diffusion_model.input_blocks.9.0.op.weight', 'down_blocks.2.downsamplers.0.conv.weight'],
    [
      'first_stage_model.decoder.up.0.block.0.nin_shortcut.weight',
      'decoder.up_blocks.3.resnets.0.conv_shortcut.weight',
    ],
    ['first_stage_model.decoder.mid.block_2.conv2.bias', 'decoder.mid_block.resnets.1.conv2.bias'],
    ['first_stage_model.encoder.mid.attn_1.proj_out.bias', 'encoder.mid_block.attentions.0.to_out.0.bias'],
    ['first_stage_model.encoder.norm_out.weight', 'encoder.conv_norm_out.weight'],
    ['cond_stage_model.transformer.text_model.final_layer_norm.bias', 'text_model.final_layer_norm.bias'],
    [
      'cond_stage_model.transformer.encoder.layers.0.mlp.fc1.bias',
      'text_model.encoder.layers.0.mlp.fc1.bias',
    ],
  ])('%s', (original, ours) => {
    expect(nameOf(original)).toBe(ours);
  });

  it.each(['model_ema.decay', 'betas', 'model.diffusion_model.input_blocks.1.weight', 'first_stage', ''])(
    'leaves %j out',
    (name) => {
      expect(nameOf(name)).toBeUndefined();
    },
  );

  it.skipIf(NO_GOLDEN)('are those of all 686 tensors of the UNet of Stable Diffusion 1.5', () => {
    const file = join(GOLDEN, 'sd15_full', 'unet_keys_shapes.json');
    const wanted = Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object);
    const modules = unetModules(4, [true, true, true, false]);
    const originals = wanted.map((name) => {
      const [original, ours] = modules.find(([, module]) => name.startsWith(`${module}.`))!;
      return `model.diffusion_model.${original}${name.slice(ours.length)}`;
    });
    expect(new Set(originals).size).toBe(686);
    expect(originals.map((original) => nameOf(original))).toEqual(wanted);
  });
});

it.skipIf(NO_GOLDEN)("CLIP's vocabulary follows from its merges", async () => {
  const { tokenizers } = await openCheckpoint((await writeBothLayouts(await scratchFolder())).file);
  const { definition } = await readTokenizerFiles(tokenizers[0]!.folder);
  const published = readFileSync(join(GOLDEN, 'tokenizer_full', 'vocab.json'), 'utf8');
  expect(definition.model.vocab).toEqual(JSON.parse(published));
});

it('makes of one file what it makes of the folder with the same weights', async () => {
  const root = await scratchFolder();
  const { folder, file } = await writeBothLayouts(root);
  const checkpoint = await openCheckpoint(file);
  expect(checkpoint.name).toBe('both-ways');
  expect(parseUnetConfig(checkpoint.components.get('unet')!.config)).toEqual(parseUnetConfig(UNET_CONFIG));
  expect(parseClipTextConfig(checkpoint.components.get('text_encoder')!.config)).toEqual(
    parseClipTextConfig(TEXT_CONFIG),
  );
  expect(parseVaeConfig(checkpoint.components.get('vae')!.config)).toEqual(parseVaeConfig(VAE_CONFIG));
  const cacheFolder = join(root, 'cache');
  expect(await requireParametersOf(file, cacheFolder)).toBe(await requireParametersOf(folder, cacheFolder));
  const [fromFile, fromFolder] = [await outputs(file, cacheFolder), await outputs(folder, cacheFolder)];
  expect(fromFile).toEqual(fromFolder);
  expect(fromFile.prediction.every(Number.isFinite)).toBe(true);

  // With the configuration that web interfaces keep beside it, and an ending as cameras write it.
  await rename(file, join(root, 'Both-Ways.SAFETENSORS'));
  await writeFile(join(root, 'Both-Ways.yaml'), '\ufeffmodel:\r\n  params:\r\n    parameterization: "v"\r\n');
  const renamed = await openCheckpoint(join(root, 'Both-Ways.SAFETENSORS'));
  expect(renamed).toMatchObject({ name: 'Both-Ways', schedulerConfig: { prediction_type: 'v_prediction' } });
  expect((await listModels({ models: root })).map(({ name }) => name)).toContain('Both-Ways');
});

/** Tokens, text states, the UNet's prediction and both ways through the autoencoder. */
async function outputs(model: string, cacheFolder: string) {
  const pipeline = await Pipeline.open(model, { cacheFolder, threads: 1 });
  const tokens = pipeline.tokenizer.encode('A Red mug, on a beach! 42').ids;
  const states = (await pipeline.encodeTokens([tokens])).get(CONTEXT)!;
  const spec = graphSpec('unet', configOf(pipeline).unet, (config) => {
    const graph = new Graph('unet');
    const sample = graph.input('sample', [1, 4, 8, 8]);
    const timestep = graph.input('timestep', [1]);
    const encoderHiddenStates = graph.input('states', [1, 77, 64]);
    const inputs = { sample, timestep, encoderHiddenStates };
    graph.output('prediction', buildUnet(new Scope(graph, 'unet'), config, inputs));
    return graph;
  });
  const unet = await pipeline.session(spec);
  const latents = Float32Array.from({ length: 4 * 8 * 8 }, (_, index) => Math.sin(index));
  const { prediction } = await unet.run({
    sample: float32(latents, [1, 4, 8, 8]),
    timestep: float32([500], [1]),
    states,
  });
  const picture = await pipeline.decodeLatents(latents, 8, 8);
  const encoded = await pipeline.encodePicture(picture, 32, 32);
  const { betas, alphasCumprod, sampling } = pipeline.noiseProcess;
  await pipeline.close();
  return {
    tokens,
    states,
    prediction: Array.from(prediction!.data as Float32Array),
    picture,
    encoded,
    noiseProcess: { betas, alphasCumprod, sampling },
  };
}

const CONVOLUTION = 'model.diffusion_model.input_blocks.0.0.weight';

const tensor = (...shape: number[]): WritableTensor => ({
  dtype: 'F32',
  shape,
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
});

describe('a file of a v-model', () => {
  const EMPTY: WritableTensor = { dtype: 'F32', shape: [0], data: new Float32Array() };
  const V = { prediction_type: 'v_prediction' };

  it.each<
    [
      how: string,
      said: { metadata?: Record<string, string>; keys?: readonly string[]; yaml?: string },
      expected: Record<string, unknown>,
    ]
  >([
    ['nothing', {}, { prediction_type: 'epsilon' }],
    ['the key v_pred', { keys: ['v_pred'] }, V],
    ['the keys v_pred and ztsnr', { keys: ['v_pred', 'ztsnr'] }, { ...V, rescale_betas_zero_snr: true }],
    ['the key ztsnr alone', { keys: ['ztsnr'] }, { ...V, rescale_betas_zero_snr: true }],
    ['ModelSpec', { metadata: { 'modelspec.prediction_type': 'v' } }, V],
    ['ModelSpec in full', { metadata: { 'modelspec.prediction_type': 'v_prediction' } }, V],
    [
      'ModelSpec of noise',
      { metadata: { 'modelspec.prediction_type': 'epsilon' } },
      { prediction_type: 'epsilon' },
    ],
    ["a trainer's flag", { metadata: { ss_v_parameterization: 'True' } }, V],
    ['the .yaml beside it', { yaml: 'model:\r\n  params:\r\n    parameterization: "v"\r\n' }, V],
    [
      'a .yaml of noise',
      { yaml: 'model:\n  params:\n    parameterization: eps\n' },
      { prediction_type: 'epsilon' },
    ],
  ])('says so by %s', async (_how, { metadata, keys = [], yaml }, expected) => {
    const path = join(await scratchFolder(), 'model.safetensors');
    const names = [[CONVOLUTION, tensor(32, 4, 3, 3)] as const, ...keys.map((key) => [key, EMPTY] as const)];
    await writeSafetensors(path, new Map(names), metadata);
    const { schedulerConfig } = stableDiffusionFormat.viewSingleFile(await openSafetensors(path), yaml);
    expect(schedulerConfig).toMatchObject(expected);
    expect('rescale_betas_zero_snr' in schedulerConfig).toBe('rescale_betas_zero_snr' in expected);
  });
});

describe('refuses', () => {
  it.each<[what: string, names: Record<string, WritableTensor>, code: string, message: RegExp]>([
    ['a LoRA', { 'lora_unet_a.lora_down.weight': tensor(1) }, 'checkpoint-unsupported', /holds a LoRA/],
    [
      'SD 2.x',
      { 'cond_stage_model.model.ln.w': tensor(1) },
      'checkpoint-unsupported',
      /Stable Diffusion 2.x/,
    ],
    ['editing', { [CONVOLUTION]: tensor(32, 8, 3, 3) }, 'checkpoint-unsupported', /takes 8 channels/],
    [
      'anything else',
      { weight: tensor(1) },
      'checkpoint-unsupported',
      /it is no Stable Diffusion checkpoint/,
    ],
    [
      'half a UNet',
      { [CONVOLUTION]: tensor(32, 4, 3, 3) },
      'checkpoint-format',
      /has no down_blocks.0.resnets.0.conv1.weight/,
    ],
  ])('%s, by what it is', async (_, names, code, message) => {
    const path = join(await scratchFolder(), 'model.safetensors');
    await writeSafetensors(path, new Map(Object.entries(names)));
    await expect(openCheckpoint(path)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it.each([
    [
      'a prediction of another kind',
      { 'modelspec.prediction_type': 'sample' },
      {},
      /prediction_type.*"sample"/,
    ],
    ['the EDM noise process', {}, { 'edm_vpred.sigma_max': tensor(1) }, /edm_vpred\.sigma_max/],
  ])('%s, by what says so', async (_, metadata, keys, message) => {
    const root = await scratchFolder();
    const path = join(root, 'model.safetensors');
    const names = { [CONVOLUTION]: tensor(32, 4, 3, 3), ...keys };
    await writeSafetensors(path, new Map(Object.entries(names)), metadata);
    await expect(openCheckpoint(path)).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringMatching(message),
    });
  });

  it('a pickle file, and a file of another kind', async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'model.ckpt'), 'x');
    await expect(openCheckpoint(join(folder, 'model.ckpt'))).rejects.toThrow(/pickle file/);
    await rename(join(folder, 'model.ckpt'), join(folder, 'model.txt'));
    await expect(openCheckpoint(join(folder, 'model.txt'))).rejects.toThrow(/is a file, expected/);
  });
});
