/**
 * Stable Diffusion XL: two CLIP text encoders side by side, whose pooled text and the picture's size are embedded beside
 * the timestep, a UNet of spatial transformers of several layers, AutoencoderKL. Podell et al. 2023 (arXiv 2307.01952).
 */

import { LikenessError } from '../../../../shared/errors.ts';
import type { ImageSize } from '../../../../shared/geometry.ts';
import { supportedModels } from '../../../checkpoint/component.ts';
import { noiseProcessOf } from '../../../diffusion/scheduler-config.ts';
import { concat, matmul, reshape } from '../../../graph/ops/index.ts';
import type { Value } from '../../../graph/value.ts';
import { CONTEXT, type ModelFamily, type PromptValues, type Scopes } from '../../family.ts';
import {
  downscaleFactor,
  parseVaeConfig,
  type TinyVaeConfig,
  type VaeConfig,
} from '../../layers/autoencoder-config.ts';
import {
  type ClipTextConfig,
  clipStates,
  embedTokens,
  finalNorm,
  parseClipTextConfig,
} from '../../layers/clip-text.ts';
import { linearLayer } from '../../layers/layers.ts';
import { buildUnet } from '../../layers/unet.ts';
import { parseUnetConfig, type UnetConfig } from '../../layers/unet-config.ts';
import { adapterSites } from '../latent-diffusion/adapter-sites.ts';
import { EXTRA_CHANNELS, inpaintingChannels } from '../latent-diffusion/component-fit.ts';
import { parseFastDecoder } from '../latent-diffusion/fast-decoder.ts';
import { guidanceInputs, TIMESTEP_COND } from '../latent-diffusion/guidance-embedding.ts';
import { pictureCodec } from '../latent-diffusion/picture-codec.ts';
import { stableDiffusionXlFormat } from './format.ts';

interface StableDiffusionXlConfig {
  readonly unet: UnetConfig;
  /** OpenAI's CLIP, then OpenCLIP's larger one. */
  readonly texts: readonly [ClipTextConfig, ClipTextConfig];
  readonly vae: VaeConfig;
  /** Undefined where the checkpoint has none. */
  readonly fastDecoder: TinyVaeConfig | undefined;
  /** True where no negative prompt at all means zeros; else it is an empty one. */
  readonly zerosWithoutPrompt: boolean;
}

const TEXT_ENCODERS = ['text_encoder', 'text_encoder_2'] as const;

/** Inputs of the UNet, by diffusers' names. */
const TEXT_EMBEDS = 'text_embeds';
const TIME_IDS = 'time_ids';

/** Height and width of the original, top and left of the crop, height and width of the target. */
const TIME_ID_COUNT = 6;

/** Side of the pictures that the buckets belong to, in pixels. */
const BUCKET_RESOLUTION = 1024;

/** Widths and heights of some of the buckets that it was trained in, as many pixels each: appendix I of the paper. */
const BUCKETS = [
  [1024, 1024],
  [1152, 896],
  [1216, 832],
  [1344, 768],
  [1536, 640],
] as const;

export const stableDiffusionXl: ModelFamily<StableDiffusionXlConfig> = {
  format: stableDiffusionXlFormat,
  parse: (configs, model) => {
    const vae = parseVaeConfig(configs.of('vae'), `${model}/vae`);
    const [first, second] = TEXT_ENCODERS.map((name) =>
      parseClipTextConfig(configs.of(name), `${model}/${name}`),
    ) as [ClipTextConfig, ClipTextConfig];
    const config = {
      unet: parseUnetConfig(configs.of('unet'), `${model}/unet`),
      texts: [first, second] as const,
      vae,
      fastDecoder: parseFastDecoder(configs, model, { ...vae, downscale: downscaleFactor(vae) }),
      zerosWithoutPrompt: configs.index.force_zeros_for_empty_prompt !== false,
    };
    requireParts(config, model, configs.index);
    return config;
  },
  facts: ({ unet, texts, vae, fastDecoder, zerosWithoutPrompt }) => {
    const downscale = downscaleFactor(vae);
    const resolution = unet.sampleSize * downscale;
    return {
      latentChannels: unet.outChannels,
      inputChannels: unet.inChannels,
      downscale,
      latentScale: vae.scalingFactor,
      // The UNet halves its latents between two levels.
      latentUnit: 2 ** (unet.blockOutChannels.length - 1),
      resolution,
      tokens: texts[0].length,
      textEncoders: texts.map(({ length, hiddenSize }, encoder) => ({
        tokens: length,
        width: hiddenSize,
        pooled: encoder === 1,
      })),
      absentPrompt: zerosWithoutPrompt ? 'zeros' : 'empty',
      embedsGuidance: unet.guidanceWidth !== undefined,
      sampling: { sampler: 'euler', guidanceScale: 5 },
      sizes: resolution === BUCKET_RESOLUTION ? BUCKETS.flatMap(bothWays) : [],
      hasFastDecoder: fastDecoder !== undefined,
    };
  },
  architecture: () => stableDiffusionXlFormat.architectures[0]!.id,
  embedTokens: (scopes, { texts }, index, ids) =>
    embedTokens(scopes(TEXT_ENCODERS[index]!), texts[index]!, ids),
  conditioning: ({ unet, texts: [{ length }, { projectionWidth }] }) => [
    { name: CONTEXT, shape: [length, unet.crossAttentionDim] },
    { name: TEXT_EMBEDS, shape: [projectionWidth!] },
    // Neither cropped nor enlarged, which is what a picture shall look like.
    { name: TIME_IDS, shape: [TIME_ID_COUNT], ofSize: (size) => timeIds(size) },
    ...guidanceInputs(unet),
  ],
  buildText,
  buildDenoiser: (scopes, { unet }, { sample, timestep, conditioning, hook }, adapter) =>
    buildUnet(scopes('unet', hook), unet, {
      sample,
      timestep,
      encoderHiddenStates: conditioning[CONTEXT]!,
      added: { textEmbeds: conditioning[TEXT_EMBEDS]!, timeIds: conditioning[TIME_IDS]! },
      guidance: conditioning[TIMESTEP_COND],
      ...(adapter && { adapter }),
    }),
  codec: pictureCodec,
  adapterSites: ({ unet }) => adapterSites(unet),
  // Transformers have up to ten layers here: what is computed again at a time is one of them.
  isBlock: (path) => /(resnets|attentions|samplers|transformer_blocks)\.\d+$/.test(path),
  noiseProcess: noiseProcessOf,
};

/** The last layer but one of both encoders side by side, and the second's projected state at the text's end. */
function buildText(
  scopes: Scopes,
  { texts: [first, second] }: StableDiffusionXlConfig,
  prompts: readonly PromptValues[],
) {
  const [one, two] = prompts as [PromptValues, PromptValues];
  const scope = scopes(TEXT_ENCODERS[1]);
  const narrow = clipStates(scopes(TEXT_ENCODERS[0]), first, one.embeddings, first.layers - 1);
  const wide = clipStates(scope, second, two.embeddings, second.layers);
  const last = finalNorm(scope, second, wide.at(-1)!);
  const pooled = matmul(two.end!, last); // [B, 1, D]
  const projection = scope.at('text_projection');
  return {
    [CONTEXT]: concat([narrow.at(-1)!, wide.at(-2)!], -1),
    [TEXT_EMBEDS]: linearLayer(projection, flattened(pooled), second.projectionWidth!, false),
  };
}

/** [B, 1, D] -> [B, D] */
function flattened(x: Value): Value {
  return reshape(x, [x.shape[0]!, x.shape[2]!]);
}

function timeIds({ width, height }: ImageSize): readonly number[] {
  return [height, width, 0, 0, height, width];
}

function bothWays([width, height]: readonly [number, number]): readonly ImageSize[] {
  return width === height
    ? [{ width, height }]
    : [
        { width, height },
        { width: height, height: width },
      ];
}

/** @throws LikenessError `checkpoint-unsupported` for parts that are each of a known class and do not belong together */
function requireParts(
  { unet, texts: [first, second], vae }: Omit<StableDiffusionXlConfig, 'fastDecoder'>,
  model: string,
  index: Readonly<Record<string, unknown>>,
): void {
  const refuse = (subject: string, got: string, advice = supportedModels([stableDiffusionXlFormat])) => {
    throw new LikenessError('checkpoint-unsupported', `${subject}: ${got}`, { advice });
  };
  if (index.requires_aesthetics_score === true) {
    refuse(`${model}/model_index.json`, 'requires_aesthetics_score is true: it is the refiner of SDXL');
  }
  if (unet.inChannels !== vae.latentChannels && unet.inChannels !== inpaintingChannels(vae)) {
    const kind = EXTRA_CHANNELS[unet.inChannels - vae.latentChannels] ?? 'not of the same latents as its vae';
    refuse(
      `${model}/unet`,
      `in_channels is ${unet.inChannels}, expected ${vae.latentChannels}: it is ${kind}`,
    );
  }
  if (unet.addition === undefined) refuse(`${model}/unet`, 'addition_embed_type is not "text_time"');
  const width = first.hiddenSize + second.hiddenSize;
  if (width !== unet.crossAttentionDim || first.length !== second.length) {
    const got = `${first.length} and ${second.length} tokens of ${first.hiddenSize} and ${second.hiddenSize}`;
    refuse(`${model}: its text encoders`, `${got} numbers, expected ${unet.crossAttentionDim} together`);
  }
  const embedded = (second.projectionWidth ?? 0) + TIME_ID_COUNT * unet.addition!.timeWidth;
  if (second.projectionWidth === undefined || embedded !== unet.addition!.inputWidth) {
    const got = `the pooled text has ${second.projectionWidth ?? 'no'} numbers`;
    refuse(
      `${model}/text_encoder_2`,
      `${got}, with the size ${embedded}, expected ${unet.addition!.inputWidth}`,
    );
  }
}
