/** diffusers from 0.34 on puts peft's configuration into the header: there, alpha has no tensor of its own. */

import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';

const METADATA_KEY = 'lora_adapter_metadata';

const configSchema = z.object({
  'unet.lora_alpha': z.number().optional(),
  'unet.alpha_pattern': z.record(z.string(), z.number()).optional(),
  'unet.use_rslora': z.boolean().optional(),
  'unet.use_dora': z.boolean().optional(),
});

/**
 * One alpha for all blocks, or undefined where the header says none (then the scale is 1). Throws 'concept-format'
 * for a configuration whose result would not be scale * up · down with scale = alpha / rank.
 */
export function peftAlpha(metadata: Readonly<Record<string, string>>, file: string): number | undefined {
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
    .safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw refusal(file, [...path, message].join(': '));
  }
  const config = parsed.data;
  if (config['unet.use_rslora'] || config['unet.use_dora']) {
    throw refusal(file, 'it uses rank-stabilised or weight-decomposed factors, expected plain ones');
  }
  if (Object.keys(config['unet.alpha_pattern'] ?? {}).length > 0) {
    throw refusal(file, 'it has an alpha for each layer (alpha_pattern), expected one for all');
  }
  return config['unet.lora_alpha'];
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
