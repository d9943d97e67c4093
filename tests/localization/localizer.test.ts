import { describe, expect, it } from 'vitest';
import { sd15With } from '../../bench/sd15.ts';
import { initialFactors, ranksOf } from '../../companion/adapters/factors.ts';
import { initialProbe, probeFeeds } from '../../companion/adapters/object-probe.ts';
import { Random } from '../../companion/diffusion/random.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import { attentionNames } from '../../companion/localization/sources/attention.ts';
import { createLocalizer } from '../../companion/localization/sources/index.ts';
import { probedNames } from '../../companion/localization/sources/probe.ts';
import { adapterSites } from '../../companion/models/families/latent-diffusion/adapter-sites.ts';
import { parseUnetConfig } from '../../companion/models/layers/unet-config.ts';
import { float32 } from '../../companion/tensor/tensor.ts';

const UNET = parseUnetConfig({
  _class_name: 'UNet2DConditionModel',
  sample_size: 8,
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [8, 16],
  layers_per_block: 1,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  cross_attention_dim: 8,
  attention_head_dim: 2,
  norm_num_groups: 4,
});
const SITES = adapterSites(UNET);
const [HEIGHT, WIDTH] = [8, 8];
const STEP = ['sample', 'timestep', 'encoder_hidden_states'];

/** All sites, those of one resolution, a single one. */
const LEFT: readonly (readonly [what: string, stays: (path: string, stride: number) => boolean])[] = [
  ['everything', () => true],
  ['the coarse blocks', (_, stride) => stride === 2],
  ['one block', (path) => path === 'up_blocks.1.attentions.0'],
];

describe.each(['median', 'attention', 'probe'] as const)(
  'masks by %s are fed exactly what the graph asks for',
  (maskSource) => {
    it.each(LEFT)('where a concept has residuals at %s, beside one that has all', (_, stays) => {
      const all = initialFactors(SITES, { fraction: 0.5, minimum: 2 }, new Random(1, 0));
      const strides = new Map(SITES.map(({ path, stride }) => [path, stride]));
      const partial = new Map([...all].filter(([path]) => stays(path, strides.get(path)!)));
      const concepts = [partial, all];
      const graph = samplingGraph({
        ...sd15With({ unet: UNET }),
        guided: true,
        height: HEIGHT,
        width: WIDTH,
        concepts: concepts.map(ranksOf),
        maskSource,
      }).build();
      const localizer = createLocalizer(maskSource, {
        mode: maskSource === 'median' ? 'median' : 'adaptive',
        sites: SITES,
        concepts: concepts.map((factors) => ({ strengths: [0, 1], blocks: new Set(factors.keys()) })),
        height: HEIGHT,
        width: WIDTH,
      });
      const others = concepts.flatMap((factors, concept) => [
        ...[...factors.keys()].flatMap((path) => [
          `concept.${concept}.${path}.down`,
          `concept.${concept}.${path}.up`,
        ]),
        ...(maskSource === 'probe'
          ? Object.keys(probeFeeds(concept, initialProbe(SITES)))
          : [attentionNames.tokenWeights(concept)]),
      ]);
      const asked = [...graph.inputs.keys()].filter((name) => !STEP.includes(name) && !others.includes(name));
      const feeds = localizer.feeds();
      expect(Object.keys(feeds).sort()).toEqual(asked.sort());
      for (const name of asked) expect(feeds[name]!.shape).toEqual(graph.inputs.get(name)!.shape);
    });
  },
);

it('has one graph for a prompt without concepts, by whatever masks are made', () => {
  const options = {
    ...sd15With({ unet: UNET }),
    guided: true,
    height: HEIGHT,
    width: WIDTH,
    concepts: [],
  };
  const keys = (['median', 'attention', 'probe'] as const).map(
    (maskSource) => samplingGraph({ ...options, maskSource }).key,
  );
  expect(new Set(keys).size).toBe(1);
});

describe.each(['attention', 'probe'] as const)('what a step showed by %s', (maskSource) => {
  const isLeft = (cell: number, width: number) => cell % width < width / 2;
  const scores = SITES.flatMap(({ stride }) => {
    const [cells, width] = [(HEIGHT * WIDTH) / stride ** 2, WIDTH / stride];
    const conditional = Array.from({ length: cells }, (_, cell) => (isLeft(cell, width) ? 0.6 : 0.1));
    return [...new Array<number>(cells).fill(0), ...conditional];
  });
  const logits = Array.from({ length: HEIGHT * WIDTH }, (_, cell) => (isLeft(cell, WIDTH) ? 9 : -9));
  const onTheLeft = {
    [attentionNames.scores]: float32(Float32Array.from(scores), [scores.length, 1]),
    [probedNames.logits]: float32(Float32Array.from(logits), [1, 1, HEIGHT, WIDTH]),
  };

  function opened(mode: 'adaptive' | 'full') {
    const blocks = new Set(SITES.map(({ path }) => path));
    return createLocalizer(maskSource, {
      mode,
      sites: SITES,
      concepts: [{ strengths: [0, 0.5], blocks }],
      height: HEIGHT,
      width: WIDTH,
    });
  }

  it('is where the residual acts in the next one, at every resolution, in the conditional sample', () => {
    const localizer = opened('adaptive');
    localizer.observe(onTheLeft);
    for (const { data, shape } of Object.values(localizer.feeds())) {
      const [, cells] = shape as [number, number];
      const width = Math.sqrt(cells);
      for (const [index, gate] of (data as Float32Array).entries()) {
        const acts = index >= cells && isLeft(index - cells, width);
        expect(gate).toBeCloseTo(acts ? 0.5 : 0, 3);
      }
    }
  });

  it('changes nothing of a residual that acts everywhere, and is seen all the same', () => {
    const localizer = opened('full');
    const before = localizer.feeds();
    localizer.observe(onTheLeft);
    expect(localizer.feeds()).toEqual(before);
    const [seen] = localizer.masks()!;
    expect(seen!.mask[0]).toBeCloseTo(1, 3);
    expect(seen!.mask[WIDTH - 1]).toBeCloseTo(0, 3);
  });
});
