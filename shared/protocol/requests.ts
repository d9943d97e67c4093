/** Job specifications: the bodies of `teach` and `generate`, as a client sends them and a job keeps them. */

import { classWordSchema, conceptNameSchema, conceptReferenceSchema, rightsSchema } from './concept.ts';
import { conceptIdSchema, type ImageId, imageIdSchema } from './ids.ts';
import {
  GENERATE_MAX_COUNT,
  GENERATE_MAX_STEPS,
  GUIDANCE_MAX,
  PAINT_FEATHER_MAX,
  PICTURE_MAX_SIDE,
  PROMPT_MAX_CONCEPTS,
  PROMPT_MAX_LENGTH,
  REGIONS_MAX,
  SEED_MAX,
  STRENGTH_MAX,
  TEACH_MAX_IMAGES,
  TEACH_MAX_STEPS,
} from './limits.ts';
import { loraChoicesSchema } from './lora.ts';
import { placementSchema } from './placement.ts';
import { productSchema } from './product.ts';
import { z } from './zod.ts';

export const MASK_MODES = ['adaptive', 'median', 'full', 'off'] as const;

/**
 * adaptive: a mask that follows the object's size. median: the paper's. full: the residual everywhere. off: the base
 * model.
 */
export const maskModeSchema = z.enum(MASK_MODES);

export const GUIDANCE_RESIDUALS = ['both', 'conditional'] as const;

/**
 * Halves of classifier-free guidance in which concepts act. both: as a LoRA does in other programs. conditional: with the
 * prompt alone, so that guidance also points from the base model to the concept. At guidance 1 there is one half.
 */
export const guidanceResidualSchema = z.enum(GUIDANCE_RESIDUALS);

export const PRECISION_CHOICES = ['auto', 'fp32', 'fp16'] as const;

/**
 * Precision of the model's weights and products. fp32: single, on every device. fp16: half the memory, and what graphics cards are
 * fast at. auto: half where the device passes its test in it.
 */
const precisionSchema = z.enum(PRECISION_CHOICES);

export const UPSCALE_FACTORS = [2, 4] as const;

const upscaleFactorSchema = z.literal(UPSCALE_FACTORS);

const seedSchema = z.int().min(0).max(SEED_MAX);
const sideSchema = z.int().min(8).max(PICTURE_MAX_SIDE);

/** Optional fields fall back to the model's recommendation, a seed to 0. */
export const teachRequestSchema = z.strictObject({
  /** Its name in prompts, without the @. A name that the library has gets a new version. */
  name: conceptNameSchema,
  classWord: classWordSchema,
  /** Uploaded before, in frames of kind `upload`. */
  images: z.array(imageIdSchema).min(1).max(TEACH_MAX_IMAGES),
  seed: seedSchema.optional(),
  steps: z.int().min(1).max(TEACH_MAX_STEPS).optional(),
  /** Learn from mirrored references too; wrong for anything with lettering. */
  mirror: z.boolean().optional(),
  rights: rightsSchema.optional(),
  /** Keep the images with the concept, at working size, so that it can be taught again on another model; default: no. */
  keepReferences: z.boolean().optional(),
  /** Concept whose kept images these are. */
  again: conceptIdSchema.optional(),
  /** Without it: as the companion was started. */
  precision: precisionSchema.optional(),
});

const shareSchema = z.number().min(0).max(1);

/** A rectangle in shares of the picture, of a concept that the prompt mentions. */
const conceptRegionSchema = z
  .strictObject({
    concept: conceptNameSchema,
    x: shareSchema,
    y: shareSchema,
    width: z.number().gt(0).max(1),
    height: z.number().gt(0).max(1),
    /** Width of the soft edge, inward, in shares of the picture's shorter side. */
    feather: z.number().min(0).max(0.5).optional(),
    /** In place of the request's, for this concept. */
    strength: z.number().min(0).max(STRENGTH_MAX).optional(),
  })
  .refine(({ x, y }) => x < 1 && y < 1, 'the region lies outside of the picture');

export const generateRequestSchema = z.strictObject({
  /** With mentions: "@aurora on a beach". */
  prompt: z.string().min(1).max(PROMPT_MAX_LENGTH),
  negativePrompt: z.string().max(PROMPT_MAX_LENGTH).optional(),
  /** Versions to use for the names mentioned; a name that is not listed means its newest version. */
  concepts: z.array(conceptReferenceSchema).max(PROMPT_MAX_CONCEPTS).optional(),
  count: z.int().min(1).max(GENERATE_MAX_COUNT),
  /** Picture k uses seed + k. */
  seed: seedSchema,
  /** Most pictures that are made side by side, where memory allows; 1: one after another. Without it: as many as pay. */
  batchSize: z.int().min(1).max(GENERATE_MAX_COUNT).optional(),
  /**
   * In image pixels; without it the model's own resolution. A size whose sides are no multiples of the model's `sizeUnit` is made at
   * the nearest that it makes, scaled and cut.
   */
  size: z.strictObject({ width: sideSchema, height: sideSchema }).optional(),
  /** 0 the base model, 1 as taught. */
  strength: z.number().min(0).max(STRENGTH_MAX),
  mask: maskModeSchema,
  steps: z.int().min(1).max(GENERATE_MAX_STEPS).optional(),
  guidanceScale: z.number().min(1).max(GUIDANCE_MAX).optional(),
  /** Without it: both for the mask full, else as the concept or the model recommends. */
  guidanceResidual: guidanceResidualSchema.optional(),
  /** LoRAs of the companion's store, merged into the model. */
  loras: loraChoicesSchema.optional(),
  /** Without it: as the companion was started. */
  precision: precisionSchema.optional(),
  /** A picture to start from, uploaded before for painting; `strength` is the share of the steps that are taken. */
  init: z.strictObject({ image: imageIdSchema, strength: z.number().gt(0).max(1).optional() }).optional(),
  /** The part of `init` that is painted, uploaded before: white is painted. `feather` in its pixels. */
  paint: z
    .strictObject({ image: imageIdSchema, feather: z.int().min(0).max(PAINT_FEATHER_MAX).optional() })
    .optional(),
  /** A product that keeps its pixels: the prompt is of the scene around it, and `size` what the model works at. */
  product: productSchema.optional(),
  /** Parts of the picture for concepts; one without a region may act everywhere. */
  regions: z.array(conceptRegionSchema).max(REGIONS_MAX).optional(),
  /**
   * True: outside of all regions the picture is the base model's. False: it may change with what is in them. Without it, for one
   * concept: the base model's, but for a product that it drew there itself.
   */
  keepRest: z.boolean().optional(),
  /** Several concepts get a place each, or are told apart by words alone. Without it: places. */
  together: z.enum(['places', 'words']).optional(),
  /** The product without its scene, with alpha. */
  productOnly: z.boolean().optional(),
  /**
   * One picture, this one enlarged, uploaded before for painting; `strength` is the share of the steps that its tiles take, 0 for
   * resampling alone. `count` is 1; size, `init`, `paint`, `regions`, `keepRest` and `together` are left out.
   */
  upscale: z
    .strictObject({
      image: imageIdSchema,
      factor: upscaleFactorSchema,
      strength: z.number().min(0).max(1).optional(),
    })
    .optional(),
  /** Kept for the client: where its pictures belong on its canvas. */
  placement: placementSchema.optional(),
});

/** Images that a generation names, each uploaded before for painting. */
export function imagesOf({ init, paint, upscale, product }: GenerateJobSpec): readonly ImageId[] {
  const named = [init, paint, upscale, product];
  return named.map((one) => one?.image).filter((image) => image !== undefined);
}

/** Part of a generation's request that decides what has to be loaded for it. */
export const prepareRequestSchema = generateRequestSchema
  .pick({
    prompt: true,
    negativePrompt: true,
    concepts: true,
    count: true,
    batchSize: true,
    size: true,
    mask: true,
    steps: true,
    guidanceScale: true,
    loras: true,
    precision: true,
  })
  .partial({ count: true });

export type TeachJobSpec = Readonly<z.infer<typeof teachRequestSchema>>;
export type GenerateJobSpec = Readonly<z.infer<typeof generateRequestSchema>>;
export type PrepareSpec = Readonly<z.infer<typeof prepareRequestSchema>>;
export type PrecisionChoice = z.infer<typeof precisionSchema>;
export type GuidanceResidual = z.infer<typeof guidanceResidualSchema>;
export type UpscaleFactor = z.infer<typeof upscaleFactorSchema>;
export type MaskMode = z.infer<typeof maskModeSchema>;
