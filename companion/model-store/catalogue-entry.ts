/** CatalogueEntry: what is known of something that `likeness models pull` fetches by a short name, before it is fetched. */

import type { SamplerName } from '../diffusion/samplers/index.ts';
import type { TimestepSpacing } from '../diffusion/spacing.ts';
import type { PublishedWork } from './published-models.ts';

/** As the hub's page names it. */
interface Licence {
  /** `creativeml-openrail-m`; undefined where the page names none. */
  readonly name?: string;
  readonly page: string;
  /** Restriction that a designer has to know before the download, a sentence. */
  readonly note?: string;
}

/** Settings that it is made for. */
export interface UsualSettings {
  /** Side of the picture, in pixels. */
  readonly side: number;
  readonly steps: number;
  /** 1: none, and it takes none. */
  readonly guidanceScale: number;
  readonly sampler: SamplerName;
  readonly spacing?: TimestepSpacing;
}

interface Entry {
  /** Name here, and of its folder. */
  readonly name: string;
  readonly title: string;
  /** `owner/name` on the hub. */
  readonly repository: string;
  readonly licence: Licence;
  /** Id of the format that it is of, or works with (models/families/formats.ts). */
  readonly format: string;
  readonly work: PublishedWork;
  /** About, of what is fetched. */
  readonly sizeBytes: number;
  readonly goodFor: string;
}

export interface ModelEntry extends Entry {
  readonly kind: 'model';
  readonly usual: UsualSettings;
  /** About, for one picture at its usual size on a CPU. */
  readonly memoryBytes: number;
}

/** A LoRA that is merged into a model, which then needs few steps. */
export interface AcceleratorEntry extends Entry {
  readonly kind: 'accelerator';
  /** Path in the repository. */
  readonly file: string;
  /** Side, sampler and guidance, of a model with it. */
  readonly usual: UsualSettings;
}

/** Small decoder that is fetched with a model whose latents it knows. */
export interface FastDecoderEntry extends Entry {
  readonly kind: 'fast decoder';
  readonly files: readonly string[];
  readonly latents: LatentsKind;
}

/** Latents of a model, as far as a decoder of another repository must know them. */
interface LatentsKind {
  readonly channels: number;
  /** Image pixels a latent cell, on each side. */
  readonly downscale: number;
  /** Factor from the codec's latents to the denoiser's. */
  readonly scale: number;
}

/** A network that tells a product from its background, or enlarges pictures, as an ONNX file (companion/matting). */
interface NetworkOf<Kind extends 'background remover' | 'upscaler'> extends Omit<Entry, 'format' | 'work'> {
  readonly kind: Kind;
  /** Path in the repository. */
  readonly file: string;
  /** About, for a photo. */
  readonly memoryBytes: number;
}

export type NetworkEntry = NetworkOf<'background remover'> | NetworkOf<'upscaler'>;

export type CatalogueEntry = ModelEntry | AcceleratorEntry | FastDecoderEntry | NetworkEntry;
