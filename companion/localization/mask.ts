/**
 * LocalizedMask: a concept's mask at the latents' or the attention's finest resolution, and operations on masks from any
 * source.
 */

import type { AdapterSite } from '../models/family.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import type { Grid } from './regions.ts';

export interface LocalizedMask extends Grid {
  /** [height * width], 0..1: how far the concept acts there. */
  readonly mask: Float32Array;
  /** Scores that the mask was made from, [height * width]: more where the object is likelier. */
  readonly evidence: Float32Array;
  /** 0 to 1: how clearly the object was found; shared/mask-confidence.ts says what is too low. */
  readonly confidence: number;
}

/**
 * One mask a concept; where several claim a cell, it belongs to the one with the most evidence. Undefined while one has
 * no mask yet.
 */
export function resolveOverlaps(
  masks: readonly (LocalizedMask | undefined)[],
): readonly LocalizedMask[] | undefined {
  if (!masks.every((mask) => mask !== undefined)) return undefined;
  if (masks.length === 1) return masks;
  return masks.map((own) => ({
    ...own,
    mask: own.mask.map((value, cell) =>
      masks.some((other) => other.evidence[cell]! > own.evidence[cell]! && other.mask[cell]! > 0) ? 0 : value,
    ),
  }));
}

/** mask [hw] -> [B, hw, 1]: the mask times each sample's strength, one after the other. */
export function maskTensor(mask: Float32Array, strengths: readonly number[]): Tensor {
  const cells = mask.length;
  const copies = new Float32Array(strengths.length * cells);
  for (const [sample, exact] of strengths.entries()) {
    const strength = Math.fround(exact);
    for (let cell = 0; cell < cells; cell++) copies[sample * cells + cell] = mask[cell]! * strength;
  }
  return float32(copies, [strengths.length, cells, 1]);
}

/** The resolutions of the sites in `blocks`, of a picture with the latents `grid`. */
export function gridsOf(
  sites: readonly AdapterSite[],
  blocks: ReadonlySet<string>,
  grid: Grid,
): readonly Grid[] {
  const strides = new Set(sites.filter(({ path }) => blocks.has(path)).map(({ stride }) => stride));
  return [...strides].map((stride) => gridAt(grid, stride));
}

/** The grid whose cells are `stride` of these wide and high; `stride` divides both sides. */
export function gridAt({ height, width }: Grid, stride: number): Grid {
  return { height: height / stride, width: width / stride };
}
