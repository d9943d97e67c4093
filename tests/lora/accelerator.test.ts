import { describe, expect, it } from 'vitest';
import type { Component } from '../../companion/checkpoint/component.ts';
import { ACCELERATOR_KINDS, recognisedKind, settingsOfKind } from '../../companion/lora/accelerator.ts';
import {
  fewStepNotes,
  fewStepSettings,
  guidanceLimitsOf,
  requireGuidance,
} from '../../companion/pipeline/few-steps.ts';
import { readRecommendedSettings } from '../../companion/pipeline/settings.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

describe('kinds of accelerators', () => {
  it('all have settings, by the number of steps in the word', () => {
    for (const kind of ACCELERATOR_KINDS) expect(settingsOfKind(kind), kind).toBeDefined();
    expect(settingsOfKind('lightning-8')).toEqual({
      steps: 8,
      guidanceScale: 1,
      guidanceMax: 1,
      sampler: 'euler',
      spacing: 'trailing',
    });
    expect(settingsOfKind('lcm')).toMatchObject({ steps: 4, sampler: 'lcm', guidanceMax: 2 });
    expect(settingsOfKind('hyper-cfg-12')).toMatchObject({ steps: 12, guidanceScale: 5 });
  });

  it.each(['lightning-3', 'constructor', 'toString-4', 'style', '', 'lcm-', 'lcm-40'])('%j is none', (kind) =>
    expect(settingsOfKind(kind)).toBeUndefined(),
  );

  it.each([
    ['sdxl_lightning_4step_lora.safetensors', 'lightning-4'],
    ['/models/SDXL-Lightning-8step.safetensors', 'lightning-8'],
    ['Hyper-SD15-4steps-lora.safetensors', 'hyper-4'],
    ['Hyper-SDXL-8steps-CFG-lora.safetensors', 'hyper-cfg-8'],
    ['/hub/lcm-lora-sdv1-5/pytorch_lora_weights.safetensors', 'lcm'],
    ['LCM_LoRA_Weights_SD15.safetensors', 'lcm'],
    ['/hub/TCD-SDXL-LoRA/pytorch_lora_weights.safetensors', 'tcd'],
    ['sd_xl_turbo_lora_v1.safetensors', 'turbo'],
    ['dmd2_sdxl_4step_lora_fp16.safetensors', 'dmd2-4'],
  ])('%s is known by its name', (path, kind) => expect(recognisedKind(path, {})).toBe(kind));

  it.each([
    'lightning_bolts.safetensors',
    'hyperrealism-4steps.safetensors',
    'turbocharged_cars.safetensors',
    '/hub/lcm-lora-sdxl/brand.safetensors',
    'sdxl_lightning_1step_x0.safetensors',
  ])('%s is not', (path) => expect(recognisedKind(path, {})).toBeUndefined());

  it('a title in the header says it too', () =>
    expect(recognisedKind('a.safetensors', { 'modelspec.title': 'sdxl_lightning_2step_lora' })).toBe(
      'lightning-2',
    ));
});

/** All of a component that its settings are told by. */
const componentOf = (file: string) => ({ weights: { files: [file] } }) as unknown as Component;

describe('models of few steps', () => {
  const model = (
    name: string,
    scheduler = 'EulerDiscreteScheduler',
    path?: string,
    embedsGuidance = false,
    files: readonly string[] = [],
  ) =>
    fewStepSettings(
      {
        name,
        modelIndex: path === undefined ? {} : { _name_or_path: path },
        schedulerConfig: { _class_name: scheduler },
        components: new Map(files.map((one) => [one, componentOf(one)])),
      },
      { embedsGuidance },
    );

  it('are told by their makers’ names, or by a scheduler of nothing else', () => {
    expect(model('sdxl-turbo')).toMatchObject({ sampler: 'euler-ancestral', guidanceMax: 1, steps: 4 });
    expect(model('sd_xl_turbo_1.0_fp16')).toMatchObject({ sampler: 'euler-ancestral' });
    expect(model('mine', 'EulerDiscreteScheduler', 'stabilityai/sd-turbo')).toMatchObject({
      sampler: 'euler',
    });
    expect(model('mine', 'LCMScheduler')).toMatchObject({ sampler: 'lcm', guidanceMax: 2 });
  });

  it.each([
    ['LCMScheduler', 'lcm'],
    ['EulerDiscreteScheduler', 'lcm'],
    ['TCDScheduler', 'tcd'],
  ])('that are told the guidance take any, with %s', (scheduler, sampler) => {
    const settings = model('mine', scheduler, undefined, true);
    expect(settings).toEqual({ steps: 4, guidanceScale: 8.5, sampler });
  });

  it.each([
    ['sdxl_lightning_4step', [], { steps: 4, sampler: 'euler', spacing: 'trailing', guidanceMax: 1 }],
    ['mine', ['/m/unet/sdxl_lightning_8step_unet.safetensors'], { steps: 8, guidanceScale: 1 }],
    ['mine', ['/m/unet/dmd2_sdxl_4step_unet_fp16.safetensors'], { steps: 4, sampler: 'lcm' }],
  ])('are told by the names of their files: %s %j', (name, files, expected) =>
    expect(model(name, undefined, undefined, false, files)).toMatchObject(expected),
  );

  it.each([
    'realvisxlV50_v50LightningBakedvae',
    'DreamShaperXL_Turbo_v2_1',
    'dreamshaper_8LCM',
    'HyperSDXL-mix',
  ])('of other makers say so in their names: %s', async (name) => {
    const usual = await readRecommendedSettings(await scratchFolder());
    expect(fewStepNotes(name, usual)).toHaveLength(1);
    expect(fewStepNotes('hyperrealism-xl', usual)).toEqual([]);
    expect(fewStepNotes(name, { ...usual, sampling: { ...usual.sampling, steps: 6 } })).toEqual([]);
  });

  it.each(['stable-diffusion-xl-base-1.0', 'turbo', 'my-sdxl-turbo-mix'])('%s is none', (name) =>
    expect(model(name)).toBeUndefined(),
  );

  it('refuse guidance above the least limit, with whose it is', async () => {
    const own = await readRecommendedSettings(await scratchFolder(), settingsOfKind('lcm'));
    const fast = { name: 'fast', path: '', weight: 1, brings: settingsOfKind('lightning')! };
    const limits = guidanceLimitsOf('model', own, [fast]);
    expect(() => requireGuidance(1, limits)).not.toThrow();
    expect(() => requireGuidance(1.5, limits)).toThrow(/guidance 1.5 with fast: .* at most 1/);
    expect(() => requireGuidance(3, guidanceLimitsOf('model', own, []))).toThrow(/with model/);
    const usual = await readRecommendedSettings(await scratchFolder());
    expect(() => requireGuidance(7.5, guidanceLimitsOf('model', usual, []))).not.toThrow();
  });
});
