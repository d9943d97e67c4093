/** Localized attention guidance: scores, median masks, and the merge of both models' outputs by them. */

import { Graph, graphSpec } from '../../../companion/graph/graph.ts';
import { cast } from '../../../companion/graph/ops/index.ts';
import { aboveMedian } from '../../../companion/localization/sources/median.ts';
import type { Pipeline } from '../../../companion/pipeline/pipeline.ts';
import { float32 } from '../../../companion/tensor/tensor.ts';
import type { Check } from '../check.ts';
import { compare, EXACT, PREDICTION, SCORE, worst } from '../comparison.ts';
import { rows } from '../golden-tensors.ts';
import { conditioningRows, localized, localizedOneByOne } from '../localized-run.ts';
import { lowRankFactors } from '../low-rank.ts';
import { predict, unetFeeds } from '../unet-run.ts';

export const localization: Check = {
  subject: 'localization',
  async *run(golden) {
    const { pipeline } = golden;
    const file = await golden.tensors('lag.safetensors');
    const strength = file.number('scale');
    const factors = lowRankFactors(golden, file, 1);
    const feeds = unetFeeds(pipeline, file);
    const median = { factors, tokenIndexes: [...file.get('token_indexes').data], mask: 'median' } as const;
    const everywhere = { ...median, mask: 'everywhere' } as const;

    const merged = await localizedOneByOne(pipeline, feeds, median, strength);
    const blocks = [...merged.scores];
    yield worst(
      'scores of blocks',
      blocks.map(([path, score]) => compare(path, score, file.get(`${path}.score`).data, SCORE)),
    );
    const masks = await Promise.all(
      blocks.map(async ([path, score]) => {
        const expected = file.get(`${path}.mask`);
        return compare(
          path,
          await medianMask(pipeline, score, expected.shape as [number, number]),
          expected.data,
          EXACT,
        );
      }),
    );
    yield worst('median masks of blocks', masks);
    yield compare('median mask: merged', merged.prediction, file.get('out_lag').data, PREDICTION);

    const plain = await localizedOneByOne(pipeline, feeds, everywhere, strength);
    const residual = file.get('out_residual_everywhere').data;
    yield compare('mask of ones: plain residual', plain.prediction, residual, PREDICTION);
    const off = await localizedOneByOne(pipeline, feeds, median, 0);
    yield compare('strength 0: base model', off.prediction, file.get('out_base').data, PREDICTION);
    yield compare(
      'no concept: base model',
      await predict(pipeline, feeds),
      file.get('out_base').data,
      PREDICTION,
    );

    // With guidance the first sample's prompt has no concept: it stays on base weights here, the second is merged.
    const pair = {
      sample: rows(feeds.sample, 0, 2),
      timesteps: feeds.timesteps.subarray(0, 2),
      conditioning: conditioningRows(feeds.conditioning, 0, 2),
    };
    const guided = await localized(pipeline, pair, median, [0, strength]);
    const half = guided.prediction.length / 2;
    const [base, lag] = [file.get('out_base').data, file.get('out_lag').data];
    yield compare(
      'guided, unconditional half',
      guided.prediction.subarray(0, half),
      base.subarray(0, half),
      PREDICTION,
    );
    yield compare(
      'guided, conditional half',
      guided.prediction.subarray(half),
      lag.subarray(half, 2 * half),
      PREDICTION,
    );
  },
};

/** Through the operators that the sampling graph itself uses; score [B, hw], flat. */
async function medianMask(
  pipeline: Pipeline,
  score: Float32Array,
  [batch, cells]: readonly [number, number],
): Promise<Float32Array> {
  const spec = graphSpec('golden median', cells, (count) => {
    const graph = new Graph('golden median');
    graph.output('mask', cast(aboveMedian(graph.input('score', [count, 1])), 'float32'));
    return graph;
  });
  const session = await pipeline.session(spec);
  const masks = new Float32Array(batch * cells);
  for (let start = 0; start < masks.length; start += cells) {
    const own = float32(score.subarray(start, start + cells), [cells, 1]);
    masks.set((await session.run({ score: own })).mask!.data as Float32Array, start);
  }
  return masks;
}
