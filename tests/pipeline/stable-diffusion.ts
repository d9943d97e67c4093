/** The configs inside a Stable Diffusion model, for tests that look there. */

import type { StableDiffusionConfig } from '../../companion/models/families/stable-diffusion/family.ts';
import type { Pipeline } from '../../companion/pipeline/pipeline.ts';

export function configOf({ model }: Pick<Pipeline, 'model'>): StableDiffusionConfig {
  return model.config as StableDiffusionConfig;
}
