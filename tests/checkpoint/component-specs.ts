/** Specifications of a Stable Diffusion model's components, by name. */

import type { ComponentSpec } from '../../companion/checkpoint/component.ts';
import { stableDiffusionFormat } from '../../companion/models/families/stable-diffusion/format.ts';

const spec = (name: string): ComponentSpec =>
  stableDiffusionFormat.components.find((component) => component.name === name)!;

export const COMPONENTS = { unet: spec('unet'), vae: spec('vae'), textEncoder: spec('text_encoder') };
