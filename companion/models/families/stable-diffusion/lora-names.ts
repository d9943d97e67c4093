/** Output projections of the UNet's spatial transformers, in the three ways that LoRA files spell them. */

import type { LoraDialect, LoraNames, LoraPart, LoraTensorName } from '../../family.ts';

const KOHYA_SUFFIXES: Readonly<Record<LoraPart, string>> = {
  down: 'lora_down.weight',
  up: 'lora_up.weight',
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

export const loraNames: LoraNames = {
  modules: 'an output projection of a UNet (proj_out)',
  prefix: 'unet',
  nameOf: (path, part) => `lora_unet_${path.replaceAll('.', '_')}_proj_out.${KOHYA_SUFFIXES[part]}`,
  parse: (name) => parseKohya(name) ?? parseDotted(name),
};

function parseKohya(name: string): LoraTensorName | undefined {
  const dot = name.indexOf('.');
  const kohya = KOHYA_NAME.exec(name.slice(0, dot));
  if (kohya === null) return undefined;
  const [, block, attention] = kohya;
  const suffix = name.slice(dot + 1);
  const part = (Object.keys(KOHYA_SUFFIXES) as LoraPart[]).find((each) => KOHYA_SUFFIXES[each] === suffix);
  const path = `${block!.replace('blocks_', 'blocks.')}.attentions.${attention}`;
  return part === undefined ? undefined : { dialect: 'kohya', path, part };
}

function parseDotted(name: string): LoraTensorName | undefined {
  for (const [suffix, [dialect, part]] of Object.entries(DOTTED_PARTS)) {
    if (!name.endsWith(`.${suffix}`)) continue;
    const dotted = DOTTED_NAME.exec(name.slice(0, -suffix.length - 1));
    return dotted === null ? undefined : { dialect, path: dotted[1]!, part };
  }
  return undefined;
}
