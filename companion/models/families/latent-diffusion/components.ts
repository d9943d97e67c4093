/** Components of latent diffusion's checkpoints, as several families have them. */

import type { ComponentSpec } from '../../../checkpoint/component.ts';
import { currentAttentionName } from './original-names.ts';
import { currentTextName } from './text-encoder-names.ts';

export const COMPONENTS = {
  unet: { name: 'unet', title: 'UNet', hashedAs: 'unet', classes: ['UNet2DConditionModel'] },
  textEncoder: {
    name: 'text_encoder',
    title: 'text encoder',
    hashedAs: 'textEncoder',
    classes: ['CLIPTextModel', 'CLIPTextModelWithProjection'],
    currentName: currentTextName,
  },
  vae: {
    name: 'vae',
    title: 'autoencoder',
    hashedAs: 'vae',
    classes: ['AutoencoderKL', 'AutoencoderTiny'],
    currentName: currentAttentionName,
  },
  /** It changes nothing that a concept learns, and has no place in the model's hash. */
  fastDecoder: {
    name: 'vae_tiny',
    title: 'fast decoder',
    classes: ['AutoencoderTiny'],
    optional: true,
    folders: ['vae_tiny', 'taesd'],
  },
} as const satisfies Readonly<Record<string, ComponentSpec>>;
