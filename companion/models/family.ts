/**
 * ModelFamily: everything that differs between architectures, and nothing else. Pipelines, training, sampling and files
 * work with any family that is in the registry (families/registry.ts) and name none.
 */

import type { ImageSize } from '../../shared/geometry.ts';
import type { CheckpointConfigs, CheckpointFormat, ComponentConfig } from '../checkpoint/component.ts';
import type { VariancePreserving } from '../diffusion/noise-process.ts';
import type { SamplerName } from '../diffusion/samplers/index.ts';
import type { Value } from '../graph/value.ts';
import type { Shape } from '../tensor/tensor.ts';
import type { ModuleHook, Scope } from './layers/scope.ts';
import type { SiteAdapter } from './layers/spatial-transformer.ts';

/** An output projection that a low-rank residual attaches to. */
export interface AdapterSite {
  /** Module path of the block in the denoiser: `down_blocks.0.attentions.1`. */
  readonly path: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Latent cells a cell of the block's feature map, on each side. */
  readonly stride: number;
  /** Form of the projection's weight on disk; files of the other form differ in their shapes. */
  readonly storedAs: 'linear' | 'conv1x1';
}

/** Part of a low-rank residual that a tensor is: `down` is the paper's B, `up` its A. */
export type LoraPart = 'down' | 'up' | 'alpha';

/** A network of a model whose layers a LoRA file may change. */
export interface LoraNetwork {
  /** Name of its specification. */
  readonly component: string;
  /** Beginnings of its layers' names in files, with underscores for dots; the longest that fits decides. */
  readonly prefixes: readonly string[];
  /** Prefix of its settings where diffusers writes those of several networks. */
  readonly settings: string;
  /**
   * One name for a layer, however it is written: of a file, without the prefix, or of the checkpoint.
   * @param layer with underscores for dots
   * @param layersPerBlock residual blocks a level, by which the original code's numbers are read
   */
  layerNamed(layer: string, layersPerBlock: number): string;
}

/** Names in LoRA files: of the adapter sites, and of the networks with all their layers. */
export interface LoraNames {
  readonly networks: readonly LoraNetwork[];
  /** Modules that a residual may change, as people read it. */
  readonly modules: string;
  /** Denoiser's prefix in the names that diffusers and peft give, and in their settings. */
  readonly prefix: string;
  /**
   * Tensor names of the parts, in kohya's dialect, in which concepts are written.
   * @param paths of all sites in the file: names that count through the levels depend on them
   */
  namesFor(paths: readonly string[]): (path: string, part: LoraPart) => string;
  /** Tensor's name for a site, as the same part on the layer that makes keys of the text in the site's block. */
  textKeyOf(name: string): string;
  /** Layer of a site in diffusers' denoiser: `down_blocks.0.attentions.1.proj_out`. */
  layerOf(path: string): string;
  /** Adapter sites of the published models, by which a file that names no base model is told. */
  readonly publishedSites: readonly Pick<AdapterSite, 'path' | 'outputs'>[];
  /** Residual blocks a level that models of the family have, the usual number first. */
  readonly layersPerBlock: readonly number[];
  /**
   * Path of the site that a file's layer is, undefined for any other layer.
   * @param layer the denoiser's, by diffusers' path or the original code's, with underscores for dots
   * @param layersPerBlock residual blocks a level, by which the original code's numbers are read
   */
  siteOf(layer: string, layersPerBlock: number): string | undefined;
}

/** A base architecture, as concept files name it. */
export interface Architecture {
  /** `modelspec.architecture` of the ModelSpec standard, without `/lora`. */
  readonly id: string;
  /** Side of the pictures that its models were trained on, in pixels. */
  readonly resolution: number;
  /** Form of the projections in its published models: that of the factors in files for other programs. */
  readonly storedAs: AdapterSite['storedAs'];
  /** Width of the text that its published models attend to, by which other programs tell them apart. */
  readonly contextWidth: number;
  /** kohya's fields for it (`ss_base_model_version` and the like), which other programs read. */
  readonly trainerFields: Readonly<Record<string, string>>;
}

/** The files of a family: base models and LoRAs. It loads no graph, so that listing models waits for none. */
export interface FamilyFormat extends CheckpointFormat {
  readonly architectures: readonly Architecture[];
  readonly lora: LoraNames;
}

/** Facts of a model that follow from its configs. */
export interface ModelFacts {
  readonly latentChannels: number;
  /**
   * Channels of the denoiser's input: the latents, and in an inpainting model the mask (1 = paint) and the latents of the
   * picture with the painted part at 0 behind them.
   */
  readonly inputChannels: number;
  /** Image pixels a latent cell, on each side. */
  readonly downscale: number;
  /** Factor from the codec's latents to the denoiser's. */
  readonly latentScale: number;
  /** Latent cells that both sides must be multiples of. */
  readonly latentUnit: number;
  /** Side of the pictures the model was trained on, in pixels. */
  readonly resolution: number;
  /** Positions that the denoiser's cross-attention reads, L. */
  readonly tokens: number;
  /** One each; the tokenizers of its checkpoints stand in the same order. */
  readonly textEncoders: readonly TextEncoderFacts[];
  /** Text states where no prompt is given at all: those of an empty one, or zeros. */
  readonly absentPrompt: 'empty' | 'zeros';
  /** True where the denoiser is told the guidance: each step is one run of it, and a negative prompt has no part in it. */
  readonly embedsGuidance: boolean;
  /** Settings that models of the family are used with, where nothing else is recommended. */
  readonly sampling: { readonly sampler: SamplerName; readonly guidanceScale: number };
  /** Sizes that it was trained at, the square first; none where it was trained at squares alone. */
  readonly sizes: readonly ImageSize[];
  /** True where the checkpoint has a small decoder beside its own. */
  readonly hasFastDecoder: boolean;
}

interface TextEncoderFacts {
  /** Tokens a prompt has, padding included. */
  readonly tokens: number;
  /** Width of its token embeddings. */
  readonly width: number;
  /** True where buildText reads the state at the text's end as well. */
  readonly pooled: boolean;
}

/** Gives a component of the checkpoint, by the name of its specification, as parameters of a graph. */
export type Scopes = (component: string, hook?: ModuleHook) => Scope;

/** Text states that cross-attention reads, [B, L, D]: every family's denoiser has this input. */
export const CONTEXT = 'encoder_hidden_states';

/** An input of the denoiser beside the noisy latents and their time: it comes with every sample. */
export interface ConditioningInput {
  /** In graphs and feeds. */
  readonly name: string;
  /** Shape for one sample: [L, D]. */
  readonly shape: Shape;
  /** Values that follow from the picture's size. */
  readonly ofSize?: (size: ImageSize) => readonly number[];
  /** Values that follow from the guidance scale, 1 and more. */
  readonly ofGuidance?: (scale: number) => readonly number[];
}

/** True for an input whose values buildText gives. */
export function isOfText({ ofSize, ofGuidance }: ConditioningInput): boolean {
  return ofSize === undefined && ofGuidance === undefined;
}

/** By the names of the family's conditioning inputs, [B, ...shape]. */
export type ConditioningValues = Readonly<Record<string, Value>>;

/** A batch of prompts as one text encoder gets it. */
export interface PromptValues {
  /** [B, L, width] */
  readonly embeddings: Value;
  /** [B, 1, L]: 1 where the text ends, else 0; of encoders whose state there is read. */
  readonly end?: Value;
}

interface DenoiserInputs {
  /** Noisy latents, [B, C, h, w], with all that facts.inputChannels counts. */
  readonly sample: Value;
  /** [B], in the network's own time. */
  readonly timestep: Value;
  readonly conditioning: ConditioningValues;
  /** Called with every module's output. */
  readonly hook?: ModuleHook;
}

/** The checkpoint's own decoder, or a small one beside it: rough, at a fraction of the time. */
export const DECODERS = ['full', 'fast'] as const;
export type DecoderChoice = (typeof DECODERS)[number];

/** Configs that decide the graphs: those of the components, and model_index.json. */
export type ModelConfigs = Omit<CheckpointConfigs, 'scheduler'>;

export interface ModelFamily<Config = unknown> {
  readonly format: FamilyFormat;
  /**
   * Reads the configs of all components.
   * @param model name of the model, for errors
   * @throws LikenessError `checkpoint-unsupported` for the first setting that no graph knows
   */
  parse(configs: ModelConfigs, model: string): Config;
  facts(config: Config): ModelFacts;
  /** `modelspec.architecture` of the ModelSpec standard. */
  architecture(config: Config, prediction: VariancePreserving['prediction']): string;
  /** Token ids [B, L] int64 -> token embeddings of text encoder `index`, [B, L, D]. */
  embedTokens(scopes: Scopes, config: Config, index: number, ids: Value): Value;
  /** Inputs of the denoiser, CONTEXT among them, and how each is made. */
  conditioning(config: Config): readonly ConditioningInput[];
  /** A prompt at every text encoder -> all conditioning that text gives. */
  buildText(scopes: Scopes, config: Config, prompts: readonly PromptValues[]): ConditioningValues;
  /** The model's prediction, [B, C, h, w]. @throws LikenessError `input` where the latents are no multiple of latentUnit */
  buildDenoiser(scopes: Scopes, config: Config, inputs: DenoiserInputs, adapter?: SiteAdapter): Value;
  readonly codec: {
    /** Picture [B, 3, H, W] in [-1, 1] -> latents in the denoiser's scale, the posterior mean. */
    encode(scopes: Scopes, config: Config, picture: Value): Value;
    /**
     * Latents [B, C, h, w] in the denoiser's scale -> picture, about [-1, 1].
     * @param decoder `fast` where facts say that there is one
     */
    decode(scopes: Scopes, config: Config, latents: Value, decoder: DecoderChoice): Value;
  };
  /** In the order of the forward pass. */
  adapterSites(config: Config): readonly AdapterSite[];
  /** True for modules of the denoiser whose outputs the backward pass may start from (checkpointing by blocks). */
  isBlock(path: string): boolean;
  noiseProcess(scheduler: ComponentConfig): VariancePreserving;
}
