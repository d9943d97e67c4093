/**
 * parseConfig: a component's config.json, checked for the settings that the graphs need; unsupported ones are refused by
 * name.
 */

import { z } from 'zod';
import { LikenessError } from '../../../shared/errors.ts';
import { issueText } from '../../../shared/protocol/zod.ts';

/** A setting that these graphs support with one value only; absent means that value. */
export function unsupportedUnless<T extends string | number | boolean | null>(value: T) {
  return z
    .unknown()
    .optional()
    .refine((got) => got === undefined || got === value, {
      error: (issue) => `got ${JSON.stringify(issue.input)}, only ${JSON.stringify(value)} is supported`,
    });
}

/**
 * @throws LikenessError `checkpoint-unsupported`, with the first setting that does not fit: what was got and what
 *   was expected.
 */
export function parseConfig<T>(schema: z.ZodType<T>, config: unknown, subject: string): T {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new LikenessError('checkpoint-unsupported', `${subject}: config.json, ${issueText(parsed.error)}`, {
    advice: 'Use a model with the usual settings of its family: there is no graph for this variant.',
  });
}
