import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LORA_HEADER_MAX_BYTES, readLora } from '../../companion/concepts/lora-file.ts';
import { stableDiffusionFormat } from '../../companion/models/families/stable-diffusion/format.ts';
import type { AdapterSite } from '../../companion/models/family.ts';
import type { WritableTensor } from '../../companion/tensor/safetensors-writer.ts';
import { GOLDEN, NO_GOLDEN } from '../checkpoint/golden-folder.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';

const BLOCK = 'mid_block.attentions.0';
const { lora: loraNames } = stableDiffusionFormat;
const nameOf = loraNames.namesFor([BLOCK]);
const DOWN = nameOf(BLOCK, 'down');
const UP = nameOf(BLOCK, 'up');
const ALPHA = nameOf(BLOCK, 'alpha');

const tensor = (shape: number[], fill = 0.5): WritableTensor => ({
  dtype: 'F32',
  shape,
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(fill),
});
const PAIR = { [DOWN]: tensor([2, 8, 1, 1]), [UP]: tensor([8, 2, 1, 1]) };
const site = (
  path: string,
  channels: number,
  storedAs: AdapterSite['storedAs'] = 'conv1x1',
): AdapterSite => ({
  path,
  inputs: channels,
  outputs: channels,
  stride: 1,
  storedAs,
});
const FITTING = [site(BLOCK, 8)];

async function read(
  tensors: Readonly<Record<string, WritableTensor>>,
  sites?: readonly AdapterSite[],
  metadata: Readonly<Record<string, string>> = {},
) {
  const path = join(await scratchFolder(), 'lora.safetensors');
  await writeSafetensors(path, new Map(Object.entries(tensors)), metadata);
  return readLora(path, sites);
}

describe('a LoRA file', () => {
  it('is scaled by alpha / rank, or not at all without alpha', async () => {
    expect((await read(PAIR)).factors.get(BLOCK)).toMatchObject({ rank: 2, channels: 8, scale: 1 });
    const scaled = await read({ ...PAIR, [ALPHA]: tensor([], 1) }, FITTING);
    expect(scaled.factors.get(BLOCK)!.scale).toBe(0.5);
    expect(scaled.storedAs).toBe('conv1x1');
  });

  it('of a linear layer fits a 1x1 convolution, and the other way round', async () => {
    const flat = { [DOWN]: tensor([2, 8]), [UP]: tensor([8, 2]) };
    const mixed = { [DOWN]: tensor([2, 8]), [UP]: tensor([8, 2, 1, 1]) };
    const { factors } = await read(PAIR, FITTING);
    expect((await read(flat, FITTING)).factors).toEqual(factors);
    expect((await read(mixed, FITTING)).factors).toEqual(factors);
    expect((await read(PAIR, [site(BLOCK, 8, 'linear')])).factors).toEqual(factors);
  });

  it('in peft names takes alpha from the header, and refuses what is scaled otherwise', async () => {
    const path = `unet.${BLOCK}.proj_out`;
    const pair = { [`${path}.lora_A.weight`]: PAIR[DOWN]!, [`${path}.lora_B.weight`]: PAIR[UP]! };
    const withConfig = (config: unknown) =>
      read(pair, FITTING, { lora_adapter_metadata: JSON.stringify(config) });
    const { factors } = await withConfig({ 'unet.r': 2, 'unet.lora_alpha': 6 });
    expect(factors.get(BLOCK)!.scale).toBe(3);
    const scaleWith = async (config: unknown) => (await withConfig(config)).factors.get(BLOCK)!.scale;
    expect(await scaleWith({ 'unet.lora_alpha': 6, 'unet.use_rslora': true })).toBe(6 / Math.sqrt(2));
    const pattern = { [`${BLOCK}.proj_out`]: 1 };
    expect(await scaleWith({ 'unet.lora_alpha': 6, 'unet.alpha_pattern': pattern })).toBe(0.5);
    expect(await scaleWith({ 'unet.lora_alpha': 6, 'unet.alpha_pattern': { other: 1 } })).toBe(3);
    await expect(withConfig({ 'unet.use_dora': true })).rejects.toThrow('DoRA');
    await expect(withConfig({ 'unet.alpha_pattern': { '(a+)+': 1 } })).rejects.toThrow('expected a path');
    await expect(withConfig({ 'unet.lora_alpha': '6' })).rejects.toMatchObject({ code: 'concept-format' });
    await expect(read(pair, FITTING, { lora_adapter_metadata: '{' })).rejects.toThrow('expected JSON');
  });

  it('is refused with a header that would keep others waiting', async () => {
    const reading = read(PAIR, FITTING, { ss_tag_frequency: ' '.repeat(LORA_HEADER_MAX_BYTES) });
    await expect(reading).rejects.toMatchObject({
      code: 'concept-format',
      message: expect.stringMatching(/the header's length is \d+ bytes, expected at most 8388608/),
    });
  });

  it.each<[what: string, tensors: Record<string, WritableTensor>, fault: RegExp]>([
    ['no tensors', {}, /holds no tensors/],
    [
      'another layer',
      { ...PAIR, lora_te_fc1: tensor([1]) },
      /tensor "lora_te_fc1" is no residual on an output projection/,
    ],
    [
      'a name of a megabyte',
      { ...PAIR, ['x'.repeat(1_000_000)]: tensor([1]) },
      /tensor "x{117}\.\.\." is no residual/,
    ],
    ['no up', { [DOWN]: PAIR[DOWN]! }, /mid_block.attentions.0 has no up factor/],
    ['no down', { [UP]: PAIR[UP]! }, /mid_block.attentions.0 has no down factor/],
    ['alpha alone', { [ALPHA]: tensor([]) }, /has no down factor/],
    [
      'a part twice',
      { ...PAIR, [`unet.${BLOCK}.proj_out.lora_A.weight`]: tensor([1]) },
      /are the same part of one layer/,
    ],
    [
      'two names of a layer',
      {
        ...PAIR,
        'diffusion_model.middle_block.1.proj_out.lora_down.weight': PAIR[DOWN]!,
        'diffusion_model.middle_block.1.proj_out.lora_up.weight': PAIR[UP]!,
      },
      /are names of one layer, mid_block.attentions.0/,
    ],
    [
      'different ranks',
      { ...PAIR, [UP]: tensor([8, 3, 1, 1]) },
      /lora_up.weight has shape \[8,3,1,1\], expected \[8, 2\] for the \[2,8,1,1\] of/,
    ],
    ['different widths', { ...PAIR, [UP]: tensor([9, 2, 1, 1]) }, /lora_up.weight has shape \[9,2,1,1\]/],
    [
      'a 3x3 kernel',
      { ...PAIR, [DOWN]: tensor([2, 8, 3, 3]) },
      /lora_down.weight has shape \[2,8,3,3\], expected/,
    ],
    ['rank 0', { [DOWN]: tensor([0, 8, 1, 1]), [UP]: tensor([8, 0, 1, 1]) }, /has shape \[0,8,1,1\]/],
    ['a vector', { ...PAIR, [DOWN]: tensor([16]) }, /has shape \[16\]/],
    ['alpha of many values', { ...PAIR, [ALPHA]: tensor([2]) }, /alpha has shape \[2\], expected one number/],
    [
      'NaN',
      { ...PAIR, [DOWN]: tensor([2, 8, 1, 1], NaN) },
      /lora_down.weight has NaN at element 0, expected finite/,
    ],
    [
      'an infinite alpha',
      { ...PAIR, [ALPHA]: tensor([], Infinity) },
      /alpha is Infinity, expected a finite number/,
    ],
  ])('is refused with %s', async (_what, tensors, fault) => {
    const refusal = await read(tensors).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'concept-format', message: expect.stringMatching(fault) });
    expect((refusal as Error).message).not.toContain('\n');
  });

  it('is refused where the model has no such block, or another width', async () => {
    await expect(read(PAIR, [site(BLOCK, 16)])).rejects.toMatchObject({
      code: 'concept-mismatch',
      message: expect.stringContaining('has 8 channels, expected 16'),
    });
    await expect(read(PAIR, [])).rejects.toMatchObject({
      code: 'concept-mismatch',
      message: expect.stringContaining("none of the model's 0 blocks"),
    });
  });
});

describe.skipIf(NO_GOLDEN !== undefined)(`reference LoRA files (${NO_GOLDEN ?? 'there'})`, () => {
  const NANO = [
    site('down_blocks.0.attentions.0', 32),
    site('mid_block.attentions.0', 64),
    site('up_blocks.1.attentions.0', 32),
    site('up_blocks.1.attentions.1', 32),
  ];
  const open = (model: string, name: string, sites?: readonly AdapterSite[]) =>
    readLora(join(GOLDEN, model, 'lora', `${name}.safetensors`), sites);

  it.each(['nano', 'narrow16'])('%s: three dialects give the same residuals', async (model) => {
    const kohya = await open(model, 'kohya');
    for (const name of ['diffusers_old', 'peft']) {
      const other = await open(model, name);
      expect([...other.factors.keys()]).toEqual([...kohya.factors.keys()]);
      for (const [path, { scale, up, ...rest }] of other.factors) {
        // Those two dialects have no alpha: the reference files carry the scale, 0.5, in `up`.
        const scaled = kohya.factors.get(path)!;
        expect(scale).toBe(1);
        expect(up).toEqual(scaled.up.map((value) => value * scaled.scale));
        expect(scaled).toMatchObject(rest);
      }
    }
  });

  it('fit their model; kohya alone carries the scale', async () => {
    const kohya = await open('nano', 'kohya', NANO);
    expect([...kohya.factors.values()].map(({ scale }) => scale)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it('with the wrong number of dimensions are reshaped', async () => {
    const flat = await open('nano', 'kohya_wrong_ndim', NANO);
    expect(flat.factors).toEqual((await open('nano', 'kohya', NANO)).factors);
  });
});
