/** TrainingSet: the references as the training loop draws them, latents of several variants each, loss weights, captions. */

import { Random } from '../diffusion/random.ts';
import { latentMask } from '../images/object-mask.ts';
import type { Picture } from '../images/picture.ts';
import { downscaledReference } from '../images/references/reference-frame.ts';
import { prepareReference } from '../images/references/teaching-sample.ts';
import type { TextSpan } from '../models/text/tokenizer.ts';
import { type Conditioning, endOfText } from '../pipeline/conditioning.ts';
import { everythingPainted, type PaintedPart } from '../pipeline/inpainting.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { TeachingSettings } from './memory-plan.ts';

/** One way a reference may look: encoded once, drawn many times. */
export interface ReferenceLatents {
  /** [C, h, w] in the diffusion model's scale. */
  readonly latents: Float32Array;
  /** Weight of each latent cell in the loss, [h, w], mean 1. */
  readonly lossWeight: Float32Array;
  /** Share of each latent cell that the object covers, [h, w]; undefined where nobody knows. */
  readonly objectMask: Float32Array | undefined;
}

/** A caption as the model reads it. */
export interface EncodedCaption {
  /** By text encoder. */
  readonly tokens: readonly CaptionTokens[];
  /** From the frozen text encoders, and the size of the references. */
  readonly conditioning: Conditioning;
}

/** A caption at one text encoder, [L] each. */
interface CaptionTokens {
  readonly ids: readonly number[];
  /** 1 where the identifier stands, else 0. */
  readonly identifierPositions: Float32Array;
  /** 1 where the text ends, else 0. */
  readonly end: Float32Array;
}

export interface TrainingSet {
  /** By reference, then by variant; every reference counts the same. */
  readonly references: readonly (readonly ReferenceLatents[])[];
  readonly captions: readonly EncodedCaption[];
  readonly emptyCaption: EncodedCaption;
  /** For models that look at the kept part of a picture: all of each is painted. */
  readonly painted?: PaintedPart | undefined;
  /** For models that are told it: that of the pictures which they are used for. */
  readonly guidanceScale: number;
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
}

export interface TrainingSetOptions {
  readonly pictures: readonly Picture[];
  /** First word of the concept's name in captions, which the class word follows: "zqx bottle". */
  readonly identifier: string;
  readonly classWord: string;
  readonly settings: TeachingSettings;
  readonly mirror: boolean;
  readonly guidanceScale: number;
}

/** True where any reference tells the object from what surrounds it. */
export function hasObjectMasks({ references }: TrainingSet): boolean {
  return references.some((variants) => variants.some(({ objectMask }) => objectMask !== undefined));
}

/** Variants a reference is encoded in: enough that shift, scale and background are not memorized. */
const VARIANTS = 12;
/** Random streams of the variants; the training steps use 0, 1, 2, ... of the same seed. */
const VARIANT_STREAM = 0x8000_0000;

/** Yields after every encoded picture: `done` of `total`. */
export async function* prepareTrainingSet(
  pipeline: Pipeline,
  { pictures, identifier, classWord, settings, mirror, guidanceScale }: TrainingSetOptions,
): AsyncGenerator<{ done: number; total: number }, TrainingSet> {
  const size = settings.side ?? pipeline.facts.resolution;
  const cells = size / pipeline.facts.downscale;
  const total = pictures.length * VARIANTS;
  const references: ReferenceLatents[][] = [];
  for (const [index, picture] of pictures.entries()) {
    const source = await downscaledReference(picture, size);
    const variants: ReferenceLatents[] = [];
    for (let variant = 0; variant < VARIANTS; variant++) {
      const random = new Random(settings.seed, VARIANT_STREAM + index * VARIANTS + variant);
      const uniform = () => random.uniform();
      const { pixels, mask } = await prepareReference(source, { size, random: uniform, mirror });
      const coverage = mask === undefined ? undefined : latentMask(mask, [size, size], [cells, cells]);
      variants.push({
        latents: await pipeline.encodePicture(pixels, size, size),
        lossWeight: lossWeight(coverage, cells * cells, settings.backgroundWeight),
        objectMask: coverage,
      });
      yield { done: index * VARIANTS + variant + 1, total };
    }
    references.push(variants);
  }
  const painted = await everythingPainted(pipeline, { height: cells, width: cells });
  await pipeline.release(pipeline.encoder(size, size));
  const phrase = `${identifier} ${classWord}`;
  const captions: EncodedCaption[] = [];
  for (const template of settings.captions) {
    const start = template.indexOf('{}');
    const identifierSpan = { start, end: start + identifier.length };
    captions.push(await encodeCaption(pipeline, size, template.replace('{}', phrase), [identifierSpan]));
  }
  const emptyCaption = await encodeCaption(pipeline, size, '', []);
  return { references, captions, emptyCaption, painted, guidanceScale, height: cells, width: cells };
}

async function encodeCaption(
  pipeline: Pipeline,
  side: number,
  caption: string,
  identifierSpans: readonly TextSpan[],
): Promise<EncodedCaption> {
  const tokens = pipeline.tokenizers.map((tokenizer): CaptionTokens => {
    const { ids } = tokenizer.encode(caption);
    const identifierPositions = new Float32Array(ids.length);
    for (const index of tokenizer.tokenIndexes(caption, identifierSpans)) identifierPositions[index] = 1;
    return { ids, identifierPositions, end: endOfText(ids, tokenizer.eosId) };
  });
  const conditioning = await pipeline.encodePrompt(caption, { width: side, height: side });
  return { tokens, conditioning };
}

/** 1 on the object and `background` elsewhere, scaled to mean 1; 1 everywhere where the object is not known. */
function lossWeight(coverage: Float32Array | undefined, cells: number, background: number): Float32Array {
  if (coverage === undefined) return new Float32Array(cells).fill(1);
  const weights = coverage.map((share) => background + (1 - background) * share);
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / cells;
  return weights.map((weight) => weight / mean);
}
