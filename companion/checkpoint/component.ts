/**
 * Components of a base model on disk, and the specification of them that a model family gives. Nothing here knows an
 * architecture: which components there are, and what their files are called, comes in as a CheckpointFormat.
 */

import type { SafetensorsFile } from '../tensor/safetensors-file.ts';
import type { TensorEntry } from '../tensor/safetensors-header.ts';
import type { Shape } from '../tensor/tensor.ts';
import type { WeightStore } from './weight-store.ts';

export type ComponentConfig = Readonly<Record<string, unknown>>;

export interface ComponentSpec {
  /** The component's folder in diffusers' layout, and the prefix of its parameters in a graph. */
  readonly name: string;
  /** As people read it: "text encoder". */
  readonly title: string;
  /** Name under which, and in whose order, its weights enter the model's hash; undefined: they do not change what a concept learns. */
  readonly hashedAs?: string;
  /** diffusers' `_class_name`, or transformers' architecture, that there are graphs for. */
  readonly classes: readonly string[];
  /** True where a model may lack it. */
  readonly optional?: boolean;
  /** Folders that it may lie in; default: the one of its name. */
  readonly folders?: readonly string[];
  /** Today's name of a parameter that older files call otherwise; other names stay. */
  currentName?(name: string): string;
}

/** A parameter of a component, as a file of all components holds it. */
export interface ComponentTensor {
  readonly component: string;
  /** Name of the parameter in diffusers' layout. */
  readonly name: string;
  /** Shape in diffusers' layout; the same numbers. */
  readonly shape: Shape;
  /** Part of the file's array along its first axis; default: all of it. */
  readonly rows?: { readonly start: number; readonly end: number };
  /** True where the file has the transpose. */
  readonly isTransposed?: boolean;
}

/** Configs of a checkpoint, before any weight is looked for. */
export interface CheckpointConfigs {
  /** undefined for an optional component that the model lacks. */
  of(component: string): ComponentConfig | undefined;
  /** model_index.json */
  readonly index: ComponentConfig;
  readonly scheduler: ComponentConfig;
}

/** @throws LikenessError `checkpoint-unsupported` for the first setting that no graph knows */
export type RequireConfigs = (
  format: CheckpointFormat,
  configs: CheckpointConfigs,
  model: string,
) => Promise<void>;

export interface TokenizerPlace {
  /** Holds vocab.json and merges.txt, or tokenizer.json; merges.txt alone has CLIP's own vocabulary. */
  readonly folder: string;
  /** In place of the one that the folder names. */
  readonly padToken?: string;
}

/** A file that holds all components, seen through a format's names. */
export interface SingleFileView {
  readonly modelIndex: ComponentConfig;
  readonly schedulerConfig: ComponentConfig;
  /** One a text encoder, in the format's order. */
  readonly tokenizers: readonly TokenizerPlace[];
  /** Parameters that an array of the file holds; none for what is no weight of a component. */
  partsOf(original: string, shape: Shape): readonly ComponentTensor[];
  describe(
    component: string,
    weights: ReadonlyMap<string, TensorEntry>,
  ): { readonly className: string; readonly config: ComponentConfig };
}

/** Models that there is no graph for, by the `_class_name` of their pipelines. */
export interface RefusedKind {
  readonly pipelines: RegExp;
  /** As people know it: "an inpainting model". */
  readonly what: string;
  /** Advice in place of the usual one. */
  readonly instead?: string;
}

/** Networks that are no base model, by the class in their config.json, or by a tensor that nothing else has. */
export interface OtherNetwork {
  readonly classes?: RegExp;
  readonly tensors?: RegExp;
  /** As people know it: "a ControlNet". */
  readonly what: string;
  /** Advice: what to do with it. */
  readonly instead: string;
}

/** Checkpoints of one model family: folders in diffusers' layout, and single files. */
export interface CheckpointFormat {
  readonly id: string;
  /** Models of it, as people call them. */
  readonly title: string;
  /** `_class_name` in model_index.json. */
  readonly pipelines: readonly string[];
  /** Kinds of models that are refused in words. */
  readonly refused?: readonly RefusedKind[];
  /** Networks by themselves that are refused in words. */
  readonly networks?: readonly OtherNetwork[];
  readonly components: readonly ComponentSpec[];
  /** Folders of the tokenizers in diffusers' layout, one a text encoder. */
  readonly tokenizers: readonly string[];
  /** True for a single file whose names are of this format. */
  holds(file: SafetensorsFile): boolean;
  /**
   * @param beside text of the configuration that lies beside the file, by the same name; undefined where there is none
   * @throws LikenessError `checkpoint-unsupported` with what the file holds instead
   */
  viewSingleFile(file: SafetensorsFile, beside: string | undefined): SingleFileView;
}

export interface Component {
  /** Absolute: the component's folder, or the file that holds it. */
  readonly folder: string;
  /** diffusers' `_class_name`; for a text encoder transformers' architecture. */
  readonly className: string;
  readonly config: ComponentConfig;
  readonly weights: WeightStore;
}

export interface Checkpoint {
  /** Absolute: the folder, or the file. */
  readonly folder: string;
  /** The folder's own name, or the file's without its ending. */
  readonly name: string;
  readonly format: CheckpointFormat;
  readonly modelIndex: ComponentConfig;
  /** By the names of their specifications. */
  readonly components: ReadonlyMap<string, Component>;
  /** One a text encoder, in the format's order. */
  readonly tokenizers: readonly TokenizerPlace[];
  readonly schedulerConfig: ComponentConfig;
}

/** Advice where another kind of model was given. */
export function supportedModels(formats: readonly Pick<CheckpointFormat, 'title'>[]): string {
  return `Use a model of ${formats.map(({ title }) => title).join(', or ')} for text to image.`;
}
