/**
 * UnetBlocks: residual blocks of a UNet and the spatial transformers between them, from diffusers' settings: numbers for all
 * levels, a number a level, or a list a level where transformers of one level have different depths (SSD-1B).
 */

/**
 * Residual blocks of a level in their order, each by the layers of the spatial transformer behind it: null where there is
 * none. One of 0 layers has its two projections and reads no text.
 */
export type BlockDepths = readonly (number | null)[];

export interface UnetBlocks {
  /** From the finest level to the coarsest. */
  readonly down: readonly BlockDepths[];
  /** Usually a transformer between two residual blocks; models with layers taken out have one block alone, or none. */
  readonly middle: BlockDepths;
  /** From the coarsest level to the finest; each has one block more than its level on the way down. */
  readonly up: readonly BlockDepths[];
}

type Depths = number | readonly (number | readonly number[])[];

/** Settings of UNet2DConditionModel, by their names in diffusers. */
export interface BlockSettings {
  readonly layers_per_block: number | readonly number[];
  readonly down_block_types: readonly string[];
  readonly up_block_types: readonly string[];
  readonly mid_block_type: string | null;
  readonly transformer_layers_per_block: Depths;
  /** Depths on the way up, coarsest level first; null: those of the way down. */
  readonly reverse_transformer_layers_per_block: Depths | null;
}

/** With a transformer, or without one (SSD-1B); null for none at all (BK-SDM tiny, KOALA 700M). */
export const MIDDLE_BLOCKS = ['UNetMidBlock2DCrossAttn', 'UNetMidBlock2D', null] as const;

/** Block types that have spatial transformers. */
const CROSS = /^CrossAttn/;

/** Lists of the settings must have an entry for each level. @returns undefined where a level's list is too short for its blocks */
export function unetBlocks(settings: BlockSettings): UnetBlocks | undefined {
  const { down_block_types, up_block_types, transformer_layers_per_block, mid_block_type } = settings;
  const levels = down_block_types.length;
  const counts = ofLevels(settings.layers_per_block, levels);
  const depths = ofLevels(transformer_layers_per_block, levels);
  const reversed = settings.reverse_transformer_layers_per_block;
  const upDepths = reversed === null ? depths.toReversed() : ofLevels(reversed, levels);
  const down = down_block_types.map((type, level) => blocksOf(type, counts[level]!, depths[level]!));
  const up = up_block_types.map((type, step) =>
    blocksOf(type, counts[levels - 1 - step]! + 1, upDepths[step]!),
  );
  const coarsest = depths.at(-1)!;
  const depth = typeof coarsest === 'number' ? coarsest : coarsest[0];
  const middle =
    mid_block_type === 'UNetMidBlock2DCrossAttn' ? [depth, null] : mid_block_type === null ? [] : [null];
  const all = { down, middle, up };
  const isWhole = [...down, middle, ...up].every((level) => level.every((one) => one !== undefined));
  return isWhole ? (all as UnetBlocks) : undefined;
}

/** @returns undefined in the place of a depth that is not said */
function blocksOf(type: string, count: number, depths: number | readonly number[]) {
  return Array.from({ length: count }, (_, index) =>
    CROSS.test(type) ? (typeof depths === 'number' ? depths : depths[index]) : null,
  );
}

function ofLevels<T>(value: T | readonly T[], levels: number): readonly T[] {
  return Array.isArray(value) ? value : Array.from({ length: levels }, () => value as T);
}

/** True where a spatial transformer of these layers reads the text. */
export function readsText(depth: number | null): depth is number {
  return depth !== null && depth > 0;
}
