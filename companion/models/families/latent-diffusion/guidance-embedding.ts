/**
 * Guidance that the denoiser is told, in place of two runs a step: models distilled with guidance in them, such as those of
 * latent consistency (Luo et al. 2023, arXiv 2310.04378), embed its scale beside the timestep.
 */

import type { ConditioningInput } from '../../family.ts';
import type { UnetConfig } from '../../layers/unet-config.ts';

/** diffusers' name of the input. */
export const TIMESTEP_COND = 'timestep_cond';

/** The scale is multiplied by this before its waves. */
const SCALE_FACTOR = 1000;
const MAX_PERIOD = 10_000;

/** The input of a UNet that is told the guidance; none for others. */
export function guidanceInputs({
  guidanceWidth,
}: Pick<UnetConfig, 'guidanceWidth'>): readonly ConditioningInput[] {
  if (guidanceWidth === undefined) return [];
  const ofGuidance = (scale: number) => guidanceEmbedding(scale, guidanceWidth);
  return [{ name: TIMESTEP_COND, shape: [guidanceWidth], ofGuidance }];
}

/**
 * Sines, then cosines, of the scale above 1, in single precision: diffusers' get_guidance_scale_embedding.
 * @param width of the embedding; an odd one ends in 0
 */
function guidanceEmbedding(scale: number, width: number): readonly number[] {
  const { fround } = Math;
  const half = Math.floor(width / 2);
  const value = fround(fround(scale - 1) * SCALE_FACTOR);
  const step = fround(-fround(Math.log(MAX_PERIOD)) / (half - 1));
  const angles = Array.from({ length: half }, (_, index) =>
    fround(value * fround(Math.exp(fround(index * step)))),
  );
  const waves = [...angles.map(Math.sin), ...angles.map(Math.cos)];
  return width % 2 === 0 ? waves : [...waves, 0];
}
