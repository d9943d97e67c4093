/** The sampling graph on golden inputs: what localization makes of a batch, by the graphs that pictures are made with. */

import { type Factors, ranksOf } from '../../companion/adapters/factors.ts';
import { factorFeeds } from '../../companion/adapters/low-rank.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import { gridAt } from '../../companion/localization/mask.ts';
import { gateName } from '../../companion/localization/mask-source.ts';
import {
  attentionNames,
  readScores,
  tokenWeightFeeds,
} from '../../companion/localization/sources/attention.ts';
import { medianNames } from '../../companion/localization/sources/median.ts';
import type { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { float32, type Tensor } from '../../companion/tensor/tensor.ts';
import { rows } from './golden-tensors.ts';
import type { UnetFeeds } from './unet-run.ts';

export interface Localization {
  readonly factors: Factors;
  readonly tokenIndexes: readonly number[];
  /** The block's own median mask, or a given one that is 1 everywhere. */
  readonly mask: 'median' | 'everywhere';
}

export interface Localized {
  /** [B, C, h, w], flat. */
  readonly prediction: Float32Array;
  /** By block, [B, hw]; with guidance of the conditional sample alone. */
  readonly scores: ReadonlyMap<string, Float32Array>;
}

/** Every sample by itself, as without guidance. */
export async function localizedOneByOne(
  pipeline: Pipeline,
  { sample, timesteps, conditioning }: UnetFeeds,
  localization: Localization,
  strength: number,
): Promise<Localized> {
  const results: Localized[] = [];
  for (const [index, timestep] of timesteps.entries()) {
    const one = {
      sample: rows(sample, index, index + 1),
      timesteps: Float32Array.of(timestep),
      conditioning: conditioningRows(conditioning, index, index + 1),
    };
    results.push(await localized(pipeline, one, localization, [strength]));
  }
  return {
    prediction: joined(results.map(({ prediction }) => prediction)),
    scores: new Map(
      [...results[0]!.scores.keys()].map((path) => [
        path,
        joined(results.map(({ scores }) => scores.get(path)!)),
      ]),
    ),
  };
}

/** One sample, or two as [unconditional, conditional]; `strengths` has one entry a sample. */
export async function localized(
  pipeline: Pipeline,
  { sample, timesteps, conditioning }: UnetFeeds,
  { factors, tokenIndexes, mask }: Localization,
  strengths: readonly number[],
): Promise<Localized> {
  const [batch, , height, width] = sample.shape as [number, number, number, number];
  const { tokens } = pipeline.facts;
  const maskSource = mask === 'median' ? 'median' : 'attention';
  const concepts = [ranksOf(factors)];
  const guided = batch === 2;
  const graph = samplingGraph({ ...pipeline.model, guided, height, width, concepts, maskSource });
  const session = await pipeline.session(graph);

  const feeds: Record<string, Tensor> = {
    sample,
    timestep: float32(timesteps, [batch]),
    ...conditioning,
    ...factorFeeds(0, factors),
    ...tokenWeightFeeds(0, tokenIndexes, tokens),
  };
  const sites = pipeline.adapterSites;
  const blocks = sites.map(({ stride }) => gridAt({ height, width }, stride));
  if (mask === 'median') feeds[medianNames.strength(0)] = float32(strengths, [batch, 1, 1]);
  else {
    for (const block of blocks) {
      const cells = block.height * block.width;
      const everywhere = strengths.flatMap((strength) => new Array<number>(cells).fill(strength));
      feeds[gateName(0, block.height, block.width)] = float32(everywhere, [batch, cells, 1]);
    }
  }
  const outputs = await session.run(feeds);
  const all = outputs[attentionNames.scores]!.data as Float32Array;
  const [maps] = readScores(all, { blocks, batch, concepts: 1 });
  const scores = new Map(sites.map(({ path }, index) => [path, maps![index]!.score] as const));
  return { prediction: outputs.prediction!.data as Float32Array, scores };
}

/** Samples `start` to `end` (excluded). */
export function conditioningRows(
  conditioning: UnetFeeds['conditioning'],
  start: number,
  end: number,
): UnetFeeds['conditioning'] {
  return Object.fromEntries(
    Object.entries(conditioning).map(([name, values]) => [name, rows(values, start, end)]),
  );
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
