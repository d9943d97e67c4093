/** The sampling graph on golden inputs: what localization makes of a batch, by the graphs that pictures are made with. */

import { float32, type Tensor } from '../../companion/checkpoint/tensor.ts';
import type { Pipeline } from '../../companion/diffusion/pipeline.ts';
import { factorFeeds } from '../../companion/residuals/attach.ts';
import type { Factors } from '../../companion/residuals/factors.ts';
import { attentionNames } from '../../companion/residuals/localization/attach-by-attention.ts';
import { buildSamplingGraph, samplingGraphKey } from '../../companion/residuals/sampling-graph.ts';
import { projOutSites } from '../../companion/residuals/sites.ts';
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
  { sample, timesteps, states }: UnetFeeds,
  localization: Localization,
  strength: number,
): Promise<Localized> {
  const results: Localized[] = [];
  for (const [index, timestep] of timesteps.entries()) {
    const one = {
      sample: rows(sample, index, index + 1),
      timesteps: Float32Array.of(timestep),
      states: rows(states, index, index + 1),
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
  { sample, timesteps, states }: UnetFeeds,
  { factors, tokenIndexes, mask }: Localization,
  strengths: readonly number[],
): Promise<Localized> {
  const [batch, , height, width] = sample.shape as [number, number, number, number];
  const tokens = states.shape[1]!;
  const { unet } = pipeline;
  const graph = { unet, guided: batch === 2, height, width, tokens, concepts: [factors] };
  const session = await pipeline.session(samplingGraphKey(graph), () => buildSamplingGraph(graph));

  const weights = new Float32Array(2 * tokens);
  for (const index of tokenIndexes) weights[2 * index] = 1;
  const feeds: Record<string, Tensor> = {
    sample,
    timestep: float32(timesteps, [batch]),
    encoder_hidden_states: states,
    ...factorFeeds(0, factors),
    [attentionNames.tokenWeights(0)]: float32(weights, [tokens, 2]),
  };
  const sites = projOutSites(unet);
  for (const { level } of sites) {
    const [rowCount, columnCount] = [height / 2 ** level, width / 2 ** level];
    const cells = rowCount * columnCount;
    const everywhere = float32(
      strengths.flatMap((strength) => new Array<number>(cells).fill(strength)),
      [batch, cells, 1],
    );
    const nowhere = float32(new Float32Array(batch * cells), [batch, cells, 1]);
    feeds[attentionNames.above(0, rowCount, columnCount)] = everywhere;
    feeds[attentionNames.below(0, rowCount, columnCount)] = mask === 'median' ? nowhere : everywhere;
  }
  const outputs = await session.run(feeds);
  const all = outputs[attentionNames.scores]!.data as Float32Array; // [B hw of every block, 2]
  let end = 0;
  const scores = sites.map(({ path, level }) => {
    const cells = (height * width) / 4 ** level;
    end += 2 * batch * cells;
    const conditional = all.subarray(end - 2 * cells, end);
    return [path, conditional.filter((_, index) => index % 2 === 0)] as const;
  });
  return { prediction: outputs.prediction!.data as Float32Array, scores: new Map(scores) };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
