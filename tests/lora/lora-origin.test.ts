import { expect, it } from 'vitest';
import { loraArchitecture } from '../../companion/lora/lora-origin.ts';
import type { SafetensorsFile } from '../../companion/tensor/safetensors-file.ts';

/** A file of these metadata whose pairs change the layers, each of a width. */
const of = (metadata: Record<string, string>, given?: string, layers: Record<string, number> = {}) => {
  const tensors = Object.entries(layers).flatMap(([layer, width]) => [
    { name: `${layer}.lora_up.weight`, shape: [width, 4] },
    { name: `${layer}.lora_down.weight`, shape: [4, width] },
  ]);
  const named = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const file = { path: 'lora.safetensors', metadata, tensors: named };
  return loraArchitecture(file as unknown as SafetensorsFile, given).id;
};

it('a LoRA belongs to what its header says, else to what is said of it, else to the usual architecture', () => {
  expect(of({})).toBe('stable-diffusion-v1');
  expect(of({}, 'stable-diffusion-v2-512')).toBe('stable-diffusion-v2-512');
  expect(of({ 'modelspec.architecture': 'stable-diffusion-v2-768-v/lora' })).toBe(
    'stable-diffusion-v2-768-v',
  );
  expect(of({ ss_base_model_version: 'sd_v2_v' })).toBe('stable-diffusion-v2-512');
  expect(of({ ss_base_model_version: 'sd_v2' }, 'stable-diffusion-v2-768-v')).toBe(
    'stable-diffusion-v2-768-v',
  );
  expect(of({ ss_base_model_version: 'unheard-of' }, 'stable-diffusion-v1')).toBe('stable-diffusion-v1');
});

it.each([
  [{ 'modelspec.architecture': 'flux-1-dev/lora' }, undefined, /says "flux-1-dev\/lora", expected stable/],
  [{ 'modelspec.architecture': 'flux-1-dev/lora', ss_base_model_version: 'sd_v1' }, undefined, /flux/],
  [{ ss_base_model_version: 'flux1' }, undefined, /says "flux1"/],
  [{ ss_base_model_version: 'sd_v2' }, 'stable-diffusion-v1', /says "sd_v2", expected stable-diffusion-v1/],
])('one of another architecture is refused: %o', (metadata, given, message) => {
  expect(() => of(metadata as Record<string, string>, given)).toThrow(message);
});

it.each([
  [
    'kohya’s names',
    { lora_unet_down_blocks_1_attentions_0_proj_out: 640, lora_unet_up_blocks_0_attentions_2_proj_out: 1280 },
    'xl',
  ],
  [
    'the original code’s',
    { lora_unet_input_blocks_4_1_proj_out: 640, lora_unet_output_blocks_2_1_proj_out: 1280 },
    'xl',
  ],
  ['peft’s', { 'base_model.model.up_blocks.0.attentions.0.proj_out': 1280 }, 'xl'],
  ['one whose width alone tells it', { lora_unet_up_blocks_1_attentions_0_proj_out: 640 }, 'xl'],
  [
    'a small model',
    { lora_unet_up_blocks_0_attentions_0_proj_out: 16, lora_unet_mid_block_attentions_0_proj_out: 16 },
    'xl',
  ],
  [
    'Stable Diffusion 1.x',
    { lora_unet_down_blocks_0_attentions_0_proj_out: 320, lora_unet_up_blocks_3_attentions_1_proj_out: 320 },
    'v1',
  ],
  ['one width of both', { lora_unet_mid_block_attentions_0_proj_out: 1280 }, 'v1'],
  ['its up_blocks.1', { lora_unet_up_blocks_1_attentions_0_proj_out: 1280 }, 'v1'],
  ['no known layer', { lora_te_text_model_encoder_layers_0_mlp_fc1: 768 }, 'v1'],
])('one without a header is told by its layers: %s', (_, layers, known) => {
  const id = known === 'xl' ? 'stable-diffusion-xl-v1-base' : 'stable-diffusion-v1';
  expect(of({}, undefined, layers as Record<string, number>)).toBe(id);
  expect(of({}, 'stable-diffusion-v2-512', layers as Record<string, number>)).toBe('stable-diffusion-v2-512');
});
