/** Relatives of known models, and models that call themselves of a known class: opened rightly, or refused in words. */

import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../companion/graph/graph.ts';
import { requireParametersOf } from '../../companion/model-store/verify.ts';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import { adapterSites } from '../../companion/models/families/latent-diffusion/adapter-sites.ts';
import { Scope } from '../../companion/models/layers/scope.ts';
import { buildUnet } from '../../companion/models/layers/unet.ts';
import { parseUnetConfig } from '../../companion/models/layers/unet-config.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { elementCount } from '../../companion/tensor/tensor.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { changed, type ModelFiles, PRUNED, SD15, SD21, SDXL } from './published-models.ts';
import { addSparseWeights, writeJsonFiles } from './sparse-model.ts';

const UNET = 'unet/config.json';
const VAE = 'vae/config.json';
const TEXT = 'text_encoder/config.json';
const TEXT_2 = 'text_encoder_2/config.json';
const SCHEDULER = 'scheduler/scheduler_config.json';
const INDEX = 'model_index.json';

async function opened(files: ModelFiles): Promise<Pipeline> {
  const folder = await writeJsonFiles(await scratchFolder(), files);
  await addSparseWeights(folder);
  const cacheFolder = await scratchFolder();
  await requireParametersOf(folder, cacheFolder);
  return Pipeline.open(folder, { cacheFolder });
}

describe('opens, with the tensors that its graphs ask for', () => {
  it.each<[name: string, files: ModelFiles, architecture: string, resolution: number]>([
    ['Stable Diffusion 1.5', SD15, 'stable-diffusion-v1', 512],
    ['Stable Diffusion 2.1', SD21, 'stable-diffusion-v2-768-v', 768],
    ['Stable Diffusion XL', SDXL, 'stable-diffusion-xl-v1-base', 1024],
    [
      'SD-Turbo',
      changed(SD21, {
        [UNET]: { sample_size: 64 },
        [SCHEDULER]: {
          ...{
            _class_name: 'EulerDiscreteScheduler',
            prediction_type: 'epsilon',
            timestep_spacing: 'trailing',
          },
          ...{ use_karras_sigmas: false, timestep_type: 'discrete', sigma_min: null, sigma_max: null },
          ...{ rescale_betas_zero_snr: false, interpolation_type: 'linear' },
        },
        [INDEX]: { scheduler: ['diffusers', 'EulerDiscreteScheduler'], image_encoder: [null, null] },
      }),
      'stable-diffusion-v2-512',
      512,
    ],
    [
      'SDXL-Turbo',
      changed(SDXL, {
        [UNET]: { sample_size: 64 },
        [SCHEDULER]: { _class_name: 'EulerAncestralDiscreteScheduler', timestep_spacing: 'trailing' },
        [INDEX]: { scheduler: ['diffusers', 'EulerAncestralDiscreteScheduler'] },
      }),
      'stable-diffusion-xl-v1-base',
      512,
    ],
    [
      'a text encoder that stops one layer early (CLIP skip)',
      changed(SD15, { [TEXT]: { num_hidden_layers: 11 } }),
      'stable-diffusion-v1',
      512,
    ],
    [
      'fewer groups of norms, and None for defaults',
      changed(SD15, {
        [UNET]: {
          norm_num_groups: 16,
          upcast_attention: null,
          resnet_time_scale_shift: 'default',
          class_embed_type: null,
        },
        [TEXT]: { projection_dim: null },
      }),
      'stable-diffusion-v1',
      512,
    ],
    [
      'a velocity with a schedule that ends in noise',
      changed(SDXL, { [SCHEDULER]: { prediction_type: 'v_prediction', rescale_betas_zero_snr: true } }),
      'stable-diffusion-xl-v1-base',
      1024,
    ],
    [
      'an inpainting model',
      changed(SD15, {
        [UNET]: { in_channels: 9 },
        [INDEX]: { _class_name: 'StableDiffusionInpaintPipeline' },
      }),
      'stable-diffusion-v1',
      512,
    ],
    [
      'SSD-1B, without a middle transformer',
      changed(SDXL, { [UNET]: { ...PRUNED.ssd1b } }),
      'stable-diffusion-xl-v1-base',
      1024,
    ],
    [
      'LCM, which is told the guidance',
      changed(SD15, {
        [UNET]: { time_cond_proj_dim: 256, sample_size: 96 },
        [SCHEDULER]: { _class_name: 'LCMScheduler', original_inference_steps: 50, set_alpha_to_one: true },
        [INDEX]: { _class_name: 'LatentConsistencyModelPipeline', scheduler: ['diffusers', 'LCMScheduler'] },
      }),
      'stable-diffusion-v1',
      768,
    ],
    [
      'a UNet distilled to one block a level',
      changed(SD15, { [UNET]: { layers_per_block: 1 } }),
      'stable-diffusion-v1',
      512,
    ],
  ])('%s', async (_, files, architecture, resolution) => {
    const pipeline = await opened(files);
    expect(pipeline.architecture).toBe(architecture);
    expect(pipeline.facts).toMatchObject({ resolution, tokens: 77, latentChannels: 4 });
    expect(pipeline.tokenizer.encode('a bottle').ids).toHaveLength(77);
  });
});

/** Published numbers of parameters, where their makers say them: in thousands of millions, as they round. */
describe('relatives with layers taken out have the sizes that their makers say', () => {
  it.each<[name: string, unet: ModelFiles, sites: number, billions: string]>([
    ['SSD-1B', changed(SDXL, { [UNET]: { ...PRUNED.ssd1b } }), 10, '1.33'],
    ['Segmind Vega', changed(SDXL, { [UNET]: { ...PRUNED.vega } }), 10, '0.75'],
    ['KOALA 700M', changed(SDXL, { [UNET]: { ...PRUNED.koala700m } }), 6, '0.78'],
    ['KOALA 1B', changed(SDXL, { [UNET]: { ...PRUNED.koala1b } }), 7, '1.16'],
    ['BK-SDM small', changed(SD15, { [UNET]: { ...PRUNED.bkSmall } }), 9, '0.48'],
    ['BK-SDM tiny', changed(SD15, { [UNET]: { ...PRUNED.bkTiny } }), 9, '0.32'],
  ])('%s', (_, files, sites, billions) => {
    const config = parseUnetConfig(files[UNET]);
    expect(adapterSites(config)).toHaveLength(sites);
    const graph = new Graph('unet');
    const { addition } = config;
    buildUnet(new Scope(graph, 'unet'), config, {
      sample: graph.input('sample', [1, 4, 8, 8]),
      timestep: graph.input('timestep', [1]),
      encoderHiddenStates: graph.input('states', [1, 77, config.crossAttentionDim]),
      ...(addition && {
        added: { textEmbeds: graph.input('text', [1, 1280]), timeIds: graph.input('ids', [1, 6]) },
      }),
    });
    const parameters = [...graph.parameters.values()].reduce(
      (sum, { shape }) => sum + elementCount(shape),
      0,
    );
    expect((parameters / 1e9).toFixed(2)).toBe(billions);
  });
});

const pipelineOf = (name: string, parts: Readonly<Record<string, unknown>> = {}): ModelFiles => ({
  [INDEX]: { _class_name: name, ...parts },
});

describe('is refused in words, before any weight is looked for', () => {
  it.each<[name: string, files: ModelFiles, message: RegExp]>([
    ['Stable Diffusion 3', pipelineOf('StableDiffusion3Pipeline'), /Stable Diffusion 3/],
    ['FLUX', pipelineOf('FluxPipeline'), /FLUX/],
    ['FLUX that fills', pipelineOf('FluxFillPipeline'), /FLUX/],
    ['PixArt', pipelineOf('PixArtAlphaPipeline'), /PixArt/],
    ['PixArt Sigma', pipelineOf('PixArtSigmaPipeline'), /PixArt/],
    ['Kandinsky', pipelineOf('KandinskyV22CombinedPipeline'), /Kandinsky/],
    ['DeepFloyd IF', pipelineOf('IFPipeline'), /DeepFloyd IF/],
    ['DeepFloyd IF, second stage', pipelineOf('IFSuperResolutionPipeline'), /DeepFloyd IF/],
    ['Stable Cascade', pipelineOf('StableCascadeCombinedPipeline'), /Stable Cascade/],
    ['Stable Cascade, prior', pipelineOf('StableCascadePriorPipeline'), /Stable Cascade/],
    ['Würstchen', pipelineOf('WuerstchenCombinedPipeline'), /Würstchen/],
    ['HunyuanDiT', pipelineOf('HunyuanDiTPipeline'), /HunyuanDiT/],
    ['AltDiffusion', pipelineOf('AltDiffusionPipeline'), /XLM-R/],
    ['Kolors', pipelineOf('KolorsPipeline'), /ChatGLM/],
    ['unCLIP of SD 2.1', pipelineOf('StableUnCLIPImg2ImgPipeline'), /unCLIP/],
    ['AnimateDiff', pipelineOf('AnimateDiffPipeline'), /moving pictures/],
    ['video', pipelineOf('StableVideoDiffusionPipeline'), /moving pictures/],
    ['depth', pipelineOf('StableDiffusionDepth2ImgPipeline'), /depth map/],
    ['editing', pipelineOf('StableDiffusionInstructPix2PixPipeline'), /edits pictures/],
    ['editing, XL', pipelineOf('StableDiffusionXLInstructPix2PixPipeline'), /edits pictures/],
    ['enlarging', pipelineOf('StableDiffusionUpscalePipeline'), /enlarges pictures/],
    ['the refiner', pipelineOf('StableDiffusionXLImg2ImgPipeline'), /refiner/],
    ['Flax', pipelineOf('FlaxStableDiffusionPipeline'), /form of another program/],
    ['ControlNet', pipelineOf('StableDiffusionXLControlNetPipeline'), /second network/],
    ['a pipeline of its own', pipelineOf('SomethingPipeline'), /"SomethingPipeline", expected Stable/],
    ['a list for a class', { [INDEX]: { _class_name: ['pipe', 'Mine'] } }, /\["pipe","Mine"\], expected/],
  ])('by its pipeline: %s', async (_, files, message) => {
    const folder = await writeJsonFiles(await scratchFolder(), files);
    await expect(openCheckpoint(folder)).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringMatching(message),
      advice: expect.stringMatching(/Use a model of Stable Diffusion 1\.x or 2\.x/),
    });
  });

  it.each<[name: string, files: ModelFiles, message: RegExp]>([
    ['an editing UNet', changed(SD15, { [UNET]: { in_channels: 8 } }), /edits pictures/],
    ['an editing UNet of XL', changed(SDXL, { [UNET]: { in_channels: 8 } }), /edits pictures/],
    ['a UNet with depth', changed(SD21, { [UNET]: { in_channels: 5 } }), /depth/],
    [
      'the upscaler',
      changed(SD21, {
        [UNET]: { in_channels: 7, num_class_embeds: 1000, only_cross_attention: [true, true, true, false] },
        [VAE]: { block_out_channels: [128, 256, 512], scaling_factor: 0.08333 },
      }),
      /only_cross_attention|num_class_embeds/,
    ],
    [
      'the refiner',
      changed(SDXL, {
        [INDEX]: { text_encoder: [null, null], tokenizer: [null, null], requires_aesthetics_score: true },
        [TEXT]: undefined,
        [UNET]: { cross_attention_dim: 1280, projection_class_embeddings_input_dim: 2560 },
      }),
      /text_encoder is null/,
    ],
    [
      'Playground 2.5',
      changed(SDXL, {
        [VAE]: {
          latents_mean: [-1.6574, 1.886, -1.383, 2.5155],
          latents_std: [8.4927, 5.9022, 6.5498, 5.2299],
        },
        [SCHEDULER]: { _class_name: 'EDMDPMSolverMultistepScheduler', sigma_data: 0.5 },
        [INDEX]: { scheduler: ['diffusers', 'EDMDPMSolverMultistepScheduler'] },
      }),
      /latents_mean|EDM/,
    ],
    [
      'EDM noise alone',
      changed(SDXL, { [INDEX]: { scheduler: ['diffusers', 'EDMEulerScheduler'] } }),
      /EDMEulerScheduler.*another kind of noise/,
    ],
    [
      'Kolors',
      changed(SDXL, { [INDEX]: { text_encoder: ['kolors', 'ChatGLMModel'], text_encoder_2: undefined } }),
      /text_encoder describes "ChatGLMModel"/,
    ],
    [
      'the UNet of Kolors',
      changed(SDXL, { [UNET]: { encoder_hid_dim: 4096, encoder_hid_dim_type: 'text_proj' } }),
      /encoder_hid_dim/,
    ],
    [
      'a multilingual text encoder',
      changed(SD15, { [INDEX]: { text_encoder: ['alt', 'RobertaSeriesModelWithTransformation'] } }),
      /RobertaSeriesModelWithTransformation/,
    ],
    [
      'a Chinese text encoder',
      changed(SD15, { [INDEX]: undefined, [TEXT]: { architectures: ['BertModel'], model_type: 'bert' } }),
      /BertModel/,
    ],
    [
      'another tokenizer',
      changed(SD15, { [INDEX]: { tokenizer: ['transformers', 'T5Tokenizer'] } }),
      /tokenizer describes "T5Tokenizer", expected CLIPTokenizer/,
    ],
    [
      'Long-CLIP',
      changed(SD15, { [TEXT]: { max_position_embeddings: 248 } }),
      /max_position_embeddings: got 248, expected 77: a text encoder of longer prompts/,
    ],
    [
      'a second text encoder without a projection',
      changed(SDXL, { [INDEX]: { text_encoder_2: ['transformers', 'CLIPTextModel'] } }),
      /text_encoder_2 describes "CLIPTextModel"/,
    ],
    [
      'T5 in the second place',
      changed(SDXL, { [INDEX]: { text_encoder_2: ['transformers', 'T5EncoderModel'] } }),
      /T5EncoderModel/,
    ],
    [
      'flow matching',
      changed(SDXL, { [INDEX]: { scheduler: ['diffusers', 'FlowMatchEulerDiscreteScheduler'] } }),
      /FlowMatchEulerDiscreteScheduler/,
    ],
    ['sigmas of a flow', changed(SD15, { [SCHEDULER]: { use_flow_sigmas: true } }), /use_flow_sigmas/],
    ['a flow', changed(SD15, { [SCHEDULER]: { prediction_type: 'flow_prediction' } }), /prediction_type/],
    ['the picture itself', changed(SD15, { [SCHEDULER]: { prediction_type: 'sample' } }), /prediction_type/],
    [
      'noise at the end of a schedule that ends in noise',
      changed(SD15, { [SCHEDULER]: { rescale_betas_zero_snr: true } }),
      /rescale_betas_zero_snr/,
    ],
    ['betas of its own', changed(SD15, { [SCHEDULER]: { trained_betas: [0.1, 0.2] } }), /trained_betas/],
    ['latents of sixteen channels', changed(SD15, { [VAE]: { latent_channels: 16 } }), /latent_channels/],
    ['shifted latents', changed(SD15, { [VAE]: { shift_factor: 0.0609 } }), /shift_factor/],
    ['no quantization layers', changed(SD15, { [VAE]: { use_quant_conv: false } }), /use_quant_conv/],
    [
      'SDXS, whose autoencoder is a small one',
      changed(SD21, {
        [UNET]: { only_cross_attention: [true, false, false, false], mid_block_type: null },
        [VAE]: { _class_name: 'AutoencoderTiny' },
      }),
      /vae: config.json, _class_name: got "AutoencoderTiny".*vae_tiny/,
    ],
    [
      'another autoencoder',
      changed(SD15, { [INDEX]: { vae: ['diffusers', 'AsymmetricAutoencoderKL'] } }),
      /AsymmetricAutoencoderKL/,
    ],
    ['boxes', changed(SD15, { [UNET]: { attention_type: 'gated' } }), /attention_type/],
    [
      'a class beside the time',
      changed(SD21, { [UNET]: { class_embed_type: 'projection' } }),
      /class_embed_type/,
    ],
    [
      'moving pictures',
      changed(SD15, { [INDEX]: { unet: ['diffusers', 'UNetMotionModel'] } }),
      /UNetMotionModel/,
    ],
    [
      'a first text encoder of another width',
      changed(SDXL, { [TEXT]: { hidden_size: 1024, num_attention_heads: 16 } }),
      /2048 together/,
    ],
    ['a narrower pooled text', changed(SDXL, { [TEXT_2]: { projection_dim: 1024 } }), /pooled text/],
  ])('by its configs: %s', async (_, files, message) => {
    const root =
      files[INDEX] === undefined
        ? changed(files, { [INDEX]: { _class_name: 'StableDiffusionPipeline' } })
        : files;
    const folder = await writeJsonFiles(await scratchFolder(), root);
    const refused = openCheckpoint(folder);
    await expect(refused).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringMatching(message),
    });
    // Every refusal says what can be used in its place.
    await expect(refused).rejects.toMatchObject({ advice: expect.stringMatching(/^(Use|Take) /) });
  });
});

const PUBLISHED = fileURLToPath(new URL('../../../shared/published-configs', import.meta.url));
const names = existsSync(PUBLISHED)
  ? readdirSync(PUBLISHED).filter((name) => existsSync(join(PUBLISHED, name, INDEX)))
  : [];

describe.skipIf(names.length === 0)(
  `published configs (of ${PUBLISHED}, which a checkout need not have)`,
  () => {
    it.each(names)('%s opens with zeros of its shapes', async (name) => {
      const folder = join(await scratchFolder(), name);
      cpSync(join(PUBLISHED, name), folder, { recursive: true });
      await addSparseWeights(folder);
      expect(await requireParametersOf(folder, await scratchFolder())).toBeGreaterThan(1000);
    });
  },
);
