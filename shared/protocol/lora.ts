/** LoRAs of the companion's store: those that there are, and those that a request merges into the model. */

import { GENERATE_MAX_LORAS, LORA_WEIGHT_MAX, LORA_WEIGHT_MIN } from './limits.ts';
import { z } from './zod.ts';

/** A name in the store, which is a file's without its ending: no separators, so that it stays inside. */
export const loraNameSchema = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^/\\:\p{Cc}]+$/u, 'expected the name of a LoRA');

const weightSchema = z.number().min(LORA_WEIGHT_MIN).max(LORA_WEIGHT_MAX);

const loraChoiceSchema = z.strictObject({
  name: loraNameSchema,
  /** 1 as trained, 0 not at all. */
  weight: weightSchema,
});

/** Merged in this order. */
export const loraChoicesSchema = z.array(loraChoiceSchema).max(GENERATE_MAX_LORAS);

/** Settings that come with a LoRA by which a model makes pictures in few steps, in place of the model's own. */
const broughtSchema = z.object({
  steps: z.int().positive(),
  guidanceScale: z.number().min(1),
  /** Largest guidance that it works with; null: any. */
  guidanceMax: z.number().min(1).nullable(),
  /** For people: "euler (trailing)". */
  sampler: z.string(),
});

const loraSummarySchema = z.object({
  name: loraNameSchema,
  /** Word for an accelerator, "lightning-4"; null for a style. */
  kind: z.string().nullable(),
  /** `modelspec.architecture` of its models; null where it is not known. */
  architecture: z.string().nullable(),
  /** False where it is of another architecture than the companion's model. */
  fits: z.boolean(),
  /** Usual weight. */
  weight: weightSchema,
  brings: broughtSchema.nullable(),
});

export const lorasSchema = z.object({ loras: z.array(loraSummarySchema) });

export type LoraChoice = Readonly<z.infer<typeof loraChoiceSchema>>;
export type LoraSummary = Readonly<z.infer<typeof loraSummarySchema>>;
export type Loras = Readonly<z.infer<typeof lorasSchema>>;
