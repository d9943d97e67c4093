/** The output projection of a spatial-transformer block, in the three ways that LoRA files spell it. */

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
