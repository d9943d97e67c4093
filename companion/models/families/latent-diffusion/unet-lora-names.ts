/**
 * Adapter sites of a diffusers UNet as LoRA files name them: by diffusers' paths, or by those of the original code
 * (`input_blocks.1.1` is `down_blocks.0.attentions.0`), which extractions from single files keep.
 */

import type { LoraPart } from '../../family.ts';

/** Ends of a tensor's name in kohya's dialect. */
export const KOHYA_SUFFIXES: Readonly<Record<LoraPart, string>> = {
  down: 'lora_down.weight',
  up: 'lora_up.weight',
  alpha: 'alpha',
};

/** Underscores for dots cannot be undone in general, but a spatial transformer's path has one reading only. */
const DIFFUSERS_LAYER = /^((?:down|up)_blocks_\d{1,2}|mid_block)_attentions_(\d{1,2})_proj_out$/;
const ORIGINAL_LAYER = /^(input_blocks|middle_block|output_blocks)(?:_(\d{1,2}))?_1_proj_out$/;

/** Residual blocks a level of all published models, then those of small ones. */
export const UNET_LAYERS_PER_BLOCK = [2, 1, 3] as const;

/** Layer of an adapter site in the UNet. */
export function unetLayerOf(path: string): string {
  return `${path}.proj_out`;
}

/** `name` in kohya's dialect, for the key projection of the first cross-attention in the same block. */
export function unetTextKeyOf(name: string): string {
  return name.replace('_proj_out.', '_transformer_blocks_0_attn2_to_k.');
}

/**
 * Path of the site whose layer is called so; undefined where it is none.
 *
 * @param layer with underscores for dots: `input_blocks_1_1_proj_out`
 * @param layersPerBlock residual blocks a level, by which the original code's numbers are read
 */
export function unetSiteOf(layer: string, layersPerBlock: number): string | undefined {
  const diffusers = DIFFUSERS_LAYER.exec(layer);
  if (diffusers) return `${diffusers[1]!.replace('blocks_', 'blocks.')}.attentions.${diffusers[2]}`;
  const [, way, number] = ORIGINAL_LAYER.exec(layer) ?? [];
  if (way === 'middle_block') return number === undefined ? 'mid_block.attentions.0' : undefined;
  if (way === undefined || number === undefined) return undefined;
  // The first input block is a convolution; each level has its layers and what halves the resolution, on the way up one more.
  const position = way === 'input_blocks' ? Number(number) - 1 : Number(number);
  const [block, index] = [Math.floor(position / (layersPerBlock + 1)), position % (layersPerBlock + 1)];
  if (way === 'output_blocks') return `up_blocks.${block}.attentions.${index}`;
  return position < 0 || index === layersPerBlock ? undefined : `down_blocks.${block}.attentions.${index}`;
}
