/**
 * Names of residuals in LoRA files, of any family; and the configuration that diffusers from 0.34 on puts into the header:
 * there, alpha has no tensor of its own.
 */

import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import { FORMATS } from '../models/families/formats.ts';
import type { LoraNames, LoraTensorName } from '../models/family.ts';

/** Reads a tensor's name; undefined for what is no part of a residual on an adapter site of any family. */
export function parseLoraTensorName(name: string): (LoraTensorName & { names: LoraNames }) | undefined {
  for (const { lora } of FORMATS) {
    const parsed = lora.parse(name);
    if (parsed !== undefined) return { ...parsed, names: lora };
  }
  return undefined;
}

const METADATA_KEY = 'lora_adapter_metadata';

const configSchema = z.record(z.string(), z.unknown());

/** Settings of the denoiser's adapter, without their prefix. */
const settingsSchema = z.object({
  lora_alpha: z.number().optional(),
  alpha_pattern: z.record(z.string(), z.number()).optional(),
  use_rslora: z.boolean().optional(),
  use_dora: z.boolean().optional(),
});

/**
 * One alpha for all blocks, or undefined where the header says none (then the scale is 1). Throws 'concept-format'
 * for a configuration whose result would not be scale * up · down with scale = alpha / rank.
 */
export function peftAlpha(
  metadata: Readonly<Record<string, string>>,
  { prefix }: LoraNames,
  file: string,
): number | undefined {
  const json = metadata[METADATA_KEY];
  if (json === undefined) return undefined;
  const parsed = z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue('expected JSON');
        return z.NEVER;
      }
    })
    .pipe(configSchema)
    .transform((config) => settingsOf(config, prefix))
    .pipe(settingsSchema)
    .safeParse(json);
  if (!parsed.success) {
    throw refusal(file, issueText(parsed.error));
  }
  const config = parsed.data;
  if (config.use_rslora || config.use_dora) {
    throw refusal(file, 'it uses rank-stabilised or weight-decomposed factors, expected plain ones');
  }
  if (Object.keys(config.alpha_pattern ?? {}).length > 0) {
    throw refusal(file, 'it has an alpha for each layer (alpha_pattern), expected one for all');
  }
  return config.lora_alpha;
}

function settingsOf(config: Readonly<Record<string, unknown>>, prefix: string): Record<string, unknown> {
  const own = Object.entries(config).filter(([key]) => key.startsWith(`${prefix}.`));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length + 1), value]));
}

function refusal(file: string, fault: string): LikenessError {
  return new LikenessError(
    'concept-format',
    `${file} cannot be used as a concept: ${METADATA_KEY}: ${fault}`,
    {
      advice: "Save it in kohya's format, which has an alpha beside each pair of factors.",
    },
  );
}
