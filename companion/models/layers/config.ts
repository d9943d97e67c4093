/**
 * parseConfig: a component's config.json, checked for the settings that the graphs need; unsupported ones are refused by
 * name.
 */

import { z } from 'zod';
import { LikenessError } from '../../../shared/errors.ts';
import { firstIssue } from '../../../shared/protocol/zod.ts';

/**
 * Largest that known models have, with room: a graph has a node for each layer, and is built in the companion's own process
 * before a weight is read. SDXL has 10 transformers in a row, the text encoder of SDXL 32 layers.
 */
const LAYERS_MAX = 64;
/** SDXL's feed-forward layers are 10,240 wide; OpenCLIP's 8,192. */
const WIDTH_MAX = 16_384;

const count = z.number().int().positive();

/** A number of layers. */
export const layerCount = count.max(LAYERS_MAX);
/** A number of channels. */
export const channelCount = count.max(WIDTH_MAX);

/** A setting that these graphs support with one value only, or others that mean the same; absent means that value. */
export function unsupportedUnless<T extends string | number | boolean | null>(
  value: T,
  ...same: readonly T[]
) {
  const supported: readonly unknown[] = [undefined, value, ...same];
  return z
    .unknown()
    .optional()
    .refine((got) => supported.includes(sameOfAll(got)), {
      error: `only ${JSON.stringify(value)} is supported`,
    });
}

/** A list that says one value for every level stands for that value, as some tools write it. */
export function oneForAll<T extends z.ZodType>(schema: T) {
  return z.preprocess(sameOfAll, schema);
}

/** Python's None stands for the default. */
export function orDefault<T extends z.ZodType>(schema: T, value: z.output<T>) {
  return schema.nullish().transform((got) => got ?? value);
}

function sameOfAll(got: unknown): unknown {
  if (!Array.isArray(got) || got.length === 0) return got;
  return got.every((each) => each === got[0]) ? got[0] : got;
}

/** Longest part of a value that a refusal repeats, in characters. */
const SHOWN_MAX = 80;

/** zod's words where none of several kinds of values fits. */
const NONE_OF_SEVERAL = 'Invalid input';

/**
 * @throws LikenessError `checkpoint-unsupported`, with the first setting that does not fit: what was got and what
 *   was expected.
 */
export function parseConfig<T>(schema: z.ZodType<T>, config: unknown, subject: string): T {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const { path, message } = firstIssue(parsed.error);
  if (path.length === 0) throw refusedConfig(subject, message);
  const got = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], config);
  const reason = message === NONE_OF_SEVERAL ? 'which is not supported' : message;
  const shown = got === undefined ? 'nothing' : JSON.stringify(got).slice(0, SHOWN_MAX);
  throw refusedConfig(subject, `${path.join('.')}: got ${shown}, ${reason}`);
}

/** @param fault the setting, and what is wrong with it */
export function refusedConfig(subject: string, fault: string): LikenessError {
  return new LikenessError('checkpoint-unsupported', `${subject}: config.json, ${fault}`, {
    advice: 'Use a model with the usual settings of its family: there is no graph for this variant.',
  });
}
