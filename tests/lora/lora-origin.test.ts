import { expect, it } from 'vitest';
import { loraArchitecture } from '../../companion/lora/lora-origin.ts';

const of = (metadata: Record<string, string>, given?: string) =>
  loraArchitecture(metadata, given, 'lora.safetensors').id;

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
