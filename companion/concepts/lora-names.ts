/**
 * The output projection of a spatial-transformer block, in the three ways that LoRA files spell it.
 * diffusers from 0.34 on puts peft's configuration into the header: there, alpha has no tensor of its own.
 */

import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { issueText } from '../../shared/protocol/zod.ts';

export type LoraDialect = 'kohya' | 'peft' | 'diffusers';

/** Which part of a low-rank residual a tensor is: `down` is the paper's B, `up` its A. */
export type LoraPart = 'down' | 'up' | 'alpha';

export interface LoraTensorName {
  readonly dialect: LoraDialect;
  /** Module path of the block in the UNet: `down_blocks.0.attentions.1`. */
  readonly path: string;
  readonly part: LoraPart;
}

const KOHYA_PARTS: Readonly<Record<string, LoraPart>> = {
  'lora_down.weight': 'down',
  'lora_up.weight': 'up',
  alpha: 'alpha',
};
const DOTTED_PARTS: Readonly<Record<string, readonly [LoraDialect, LoraPart]>> = {
  'lora_A.weight': ['peft', 'down'],
  'lora_B.weight': ['peft', 'up'],
  'lora.down.weight': ['diffusers', 'down'],
  'lora.up.weight': ['diffusers', 'up'],
};

/** Underscores for dots cannot be undone in general, but a spatial transformer's path has one reading only. */
const KOHYA_NAME = /^lora_unet_((?:down|up)_blocks_\d{1,2}|mid_block)_attentions_(\d{1,2})_proj_out$/;
const DOTTED_NAME = /^unet\.((?:(?:down|up)_blocks\.\d{1,2}|mid_block)\.attentions\.\d{1,2})\.proj_out$/;

/** `down_blocks.0.attentions.0` as `lora_unet_down_blocks_0_attentions_0_proj_out`. */
export function kohyaName(path: string): string {
  return `lora_unet_${path.replaceAll('.', '_')}_proj_out`;
}

/** Reads a tensor's name; undefined for what is no part of a residual on an output projection. */
export function parseLoraTensorName(name: string): LoraTensorName | undefined {
  const dot = name.indexOf('.');
  const kohya = KOHYA_NAME.exec(name.slice(0, dot));
  if (kohya !== null) {
    const [, block, attention] = kohya;
    const part = KOHYA_PARTS[name.slice(dot + 1)];
    const path = `${block!.replace('blocks_', 'blocks.')}.attentions.${attention}`;
    return part === undefined ? undefined : { dialect: 'kohya', path, part };
  }
  for (const [suffix, [dialect, part]] of Object.entries(DOTTED_PARTS)) {
    if (!name.endsWith(`.${suffix}`)) continue;
    const dotted = DOTTED_NAME.exec(name.slice(0, -suffix.length - 1));
    return dotted === null ? undefined : { dialect, path: dotted[1]!, part };
  }
  return undefined;
}

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
    throw refusal(file, issueText(parsed.error));
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
