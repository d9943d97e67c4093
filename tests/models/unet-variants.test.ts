/**
 * UNets of models with layers taken out, or told the guidance: their predictions are those of diffusers 0.42 (PyTorch 2.15, with
 * the weights of `fill`), and their configs follow from their weights.
 */

import { describe, expect, it } from 'vitest';
import { Graph } from '../../companion/graph/graph.ts';
import { adapterSites } from '../../companion/models/families/latent-diffusion/adapter-sites.ts';
import { guidanceInputs } from '../../companion/models/families/latent-diffusion/guidance-embedding.ts';
import {
  layersPerBlockOf,
  unetName,
} from '../../companion/models/families/latent-diffusion/original-names.ts';
import { unetConfig } from '../../companion/models/families/latent-diffusion/single-file-config.ts';
import { Scope, splitParameterName } from '../../companion/models/layers/scope.ts';
import { buildUnet } from '../../companion/models/layers/unet.ts';
import { parseUnetConfig, type UnetConfig } from '../../companion/models/layers/unet-config.ts';
import { openSession } from '../../companion/runtime/session.ts';
import type { TensorEntry } from '../../companion/tensor/safetensors-header.ts';
import { elementCount, float32, type Shape, type Tensor } from '../../companion/tensor/tensor.ts';

const CROSS = { down: 'CrossAttnDownBlock2D', up: 'CrossAttnUpBlock2D' } as const;
const USUAL = {
  _class_name: 'UNet2DConditionModel',
  sample_size: 8,
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [8, 16, 16],
  layers_per_block: 1,
  down_block_types: [CROSS.down, CROSS.down, 'DownBlock2D'],
  up_block_types: ['UpBlock2D', CROSS.up, CROSS.up],
  cross_attention_dim: 12,
  attention_head_dim: 2,
  norm_num_groups: 4,
};
const EVERYWHERE = {
  down_block_types: [CROSS.down, CROSS.down, CROSS.down],
  up_block_types: [CROSS.up, CROSS.up, CROSS.up],
};
const SSD = {
  ...EVERYWHERE,
  layers_per_block: 2,
  transformer_layers_per_block: [1, [2, 2], [4, 4]],
  reverse_transformer_layers_per_block: [[4, 4, 10], [2, 1, 1], 1],
  mid_block_type: 'UNetMidBlock2D',
  use_linear_projection: true,
};
const GUIDED = { time_cond_proj_dim: 34 };
const LEVELS = { layers_per_block: [1, 3, 2], attention_head_dim: [2, 4, 8] };
const LISTS = {
  ...EVERYWHERE,
  transformer_layers_per_block: [1, 1, [2]],
  reverse_transformer_layers_per_block: [[1, 2], 1, [3, 1]],
};

/** Every 73rd value of diffusers' prediction. */
const EVERY = 73;
const VARIANTS: readonly (readonly [name: string, changes: object, expected: readonly number[]])[] = [
  ['the usual one', {}, [-0.020029, 0.686646, 1.334951, 0.055018, 0.670801, 1.065983, 0.580166, -0.20189]],
  [
    'told the guidance',
    GUIDED,
    [-0.04546, 0.817737, 1.347445, 0.064663, 0.643356, 0.874363, 0.562974, -0.267045],
  ],
  [
    'depths of SSD-1B',
    SSD,
    [0.239292, 0.798152, 0.718773, -0.134469, 0.267208, -0.338525, -0.133337, 0.343523],
  ],
  [
    'lists, the middle among them',
    LISTS,
    [0.02214, 0.697054, 1.110826, 0.079458, 0.580928, 0.852775, 0.443563, -0.220772],
  ],
  [
    'no middle',
    { mid_block_type: null },
    [-0.012638, 0.705719, 1.369809, 0.066383, 0.688496, 1.007888, 0.571854, -0.196633],
  ],
  [
    'blocks and heads by level',
    LEVELS,
    [-0.061856, 0.724332, 1.102196, 0.160701, 0.410626, 0.680548, 0.406689, -0.170195],
  ],
  [
    'a level that attends to text alone',
    { only_cross_attention: [true, false, false] },
    [0.165321, 0.455481, 0.956181, -0.378538, 0.860874, 0.859274, 0.145376, -0.193785],
  ],
  [
    'a transformer of no layers',
    { transformer_layers_per_block: [1, 0, 1] },
    [-0.078834, 0.361347, 1.149956, 0.197949, 0.631284, 0.748368, 0.36209, -0.218165],
  ],
];

/** Numbers from -0.5 to 0.5 that any program computes alike. */
function fill(length: number, seed: number): number[] {
  return Array.from({ length }, (_, index) => ((index * 7919 + seed * 104729) % 10007) / 10007 - 0.5);
}

function weight(name: string, shape: Shape): Tensor<'float32'> {
  const seed = [...name].reduce((sum, char, index) => sum + (index + 1) * char.charCodeAt(0), 0);
  const values = fill(elementCount(shape), seed);
  const scale = 4 / Math.sqrt(elementCount(shape) / shape[0]!);
  if (shape.length > 1)
    return float32(
      values.map((value) => value * scale),
      shape,
    );
  const middle = name.endsWith('weight') ? 1 : 0;
  return float32(
    values.map((value) => middle + 0.2 * value),
    shape,
  );
}

const input = (shape: Shape, seed: number) =>
  float32(
    fill(elementCount(shape), seed).map((value) => 3 * value),
    shape,
  );

function graphOf(config: UnetConfig): Graph {
  const graph = new Graph('unet');
  const [told] = guidanceInputs(config);
  const prediction = buildUnet(new Scope(graph, 'unet'), config, {
    sample: graph.input('sample', [2, 4, 8, 8]),
    timestep: graph.input('timestep', [2]),
    encoderHiddenStates: graph.input('states', [2, 5, 12]),
    guidance: told && graph.input(told.name, [2, ...told.shape]),
  });
  graph.output('prediction', prediction);
  return graph;
}

describe('predicts what diffusers does', () => {
  it.each(VARIANTS)('%s', async (_, changes, expected) => {
    const config = parseUnetConfig({ ...USUAL, ...changes });
    const graph = graphOf(config);
    const weights = (name: string) =>
      weight(splitParameterName(name).name, graph.parameters.get(name)!.shape);
    const session = await openSession(graph, weights, { device: 'cpu', threads: 1 });
    const [told] = guidanceInputs(config);
    const guidance = told && [...told.ofGuidance!(8.5), ...told.ofGuidance!(1)];
    const { prediction } = await session.run({
      sample: input([2, 4, 8, 8], 1),
      timestep: float32([37, 801], [2]),
      states: input([2, 5, 12], 2),
      ...(told && { [told.name]: float32(guidance!, [2, ...told.shape]) }),
    });
    await session.release();
    const got = [...(prediction!.data as Float32Array)].filter((_, index) => index % EVERY === 0);
    expect(got).toHaveLength(expected.length);
    for (const [index, value] of got.entries()) expect(value).toBeCloseTo(expected[index]!, 4);
  });
});

describe('a file of weights alone', () => {
  it.each(VARIANTS.filter(([name]) => !/text alone|no layers/.test(name)))('says %s', (_, changes) => {
    const config = parseUnetConfig({ ...USUAL, ...changes, norm_num_groups: 32, ...WIDE });
    const weights = new Map(
      [...graphWeights(config)].map(([name, shape]) => [name, { name, shape } as unknown as TensorEntry]),
    );
    const facts = {
      sampleSize: 8,
      layersPerBlock: config.down.map(({ length }) => length),
      headsOf: (channels: number) => config.heads[WIDE.block_out_channels.indexOf(channels)]!,
    };
    expect(parseUnetConfig(unetConfig(weights, facts))).toEqual(config);
  });

  it('counts through levels of several numbers of blocks', () => {
    const names = [
      '1.0.in_layers.0',
      '2.0.op',
      '3.0.in_layers.0',
      '4.0.in_layers.0',
      '5.0.op',
      '6.0.in_layers.0',
    ];
    const file = new Map(names.map((name) => [`model.diffusion_model.input_blocks.${name}.weight`, 0]));
    expect(layersPerBlockOf(file)).toEqual([1, 2, 1]);
    const named = (name: string) => unetName(name, [1, 2, 1]);
    expect(named('input_blocks.4.1.norm.weight')).toBe('down_blocks.1.attentions.1.norm.weight');
    expect(named('input_blocks.5.0.op.weight')).toBe('down_blocks.1.downsamplers.0.conv.weight');
    expect(named('output_blocks.1.1.conv.bias')).toBe('up_blocks.0.upsamplers.0.conv.bias');
    expect(named('output_blocks.4.1.proj_in.bias')).toBe('up_blocks.1.attentions.2.proj_in.bias');
    expect(named('output_blocks.6.0.in_layers.2.bias')).toBe('up_blocks.2.resnets.1.conv1.bias');
    expect(named('time_embed.cond_proj.weight')).toBe('time_embedding.cond_proj.weight');
    expect(named('output_blocks.7.0.in_layers.2.bias')).toBeUndefined();
  });
});

/** Different at each level, so that heads can be told by them. */
const WIDE = { block_out_channels: [32, 64, 96] };

function graphWeights(config: UnetConfig): ReadonlyMap<string, Shape> {
  const parameters = [...graphOf(config).parameters];
  return new Map(parameters.map(([name, { shape }]) => [splitParameterName(name).name, shape]));
}

describe('adapter sites', () => {
  const pathsOf = (changes: object) =>
    adapterSites(parseUnetConfig({ ...USUAL, ...changes })).map(({ path }) => path);

  it('are where a model with layers taken out has transformers', () => {
    expect(pathsOf(SSD)).toHaveLength(15);
    expect(pathsOf(SSD)).not.toContain('mid_block.attentions.0');
    expect(pathsOf(LISTS)).toContain('mid_block.attentions.0');
  });

  it('are none where a transformer reads no text', () =>
    expect(pathsOf({ transformer_layers_per_block: [1, 0, 1] })).not.toContain('down_blocks.1.attentions.0'));
});

describe('is refused, with the setting', () => {
  it.each<[name: string, changes: object, message: RegExp]>([
    [
      'a list that is too short',
      { transformer_layers_per_block: [[1], [], 1], reverse_transformer_layers_per_block: [1, 1, 1] },
      /transformer_layers_per_block: a list of a level has fewer entries/,
    ],
    [
      'lists for one way alone',
      { transformer_layers_per_block: [[1], [1], 1] },
      /lists a level need reverse_transformer_layers_per_block/,
    ],
    ['depths of another number of levels', { transformer_layers_per_block: [1, 1] }, /one entry a level/],
    ['another middle', { mid_block_type: 'UNetMidBlock2DSimpleCrossAttn' }, /mid_block_type: got/],
  ])('%s', (_, changes, message) => {
    expect(() => parseUnetConfig({ ...USUAL, ...changes })).toThrow(message);
  });
});
