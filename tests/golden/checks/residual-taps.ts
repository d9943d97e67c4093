/** What enters and leaves each adapted projection in training, and the loss's gradient by what leaves it. */

import { ranksOf } from '../../../companion/adapters/factors.ts';
import { attachEverywhere, factorFeeds } from '../../../companion/adapters/low-rank.ts';
import { gradient } from '../../../companion/graph/gradient.ts';
import { Graph, graphSpec } from '../../../companion/graph/graph.ts';
import { mul, reduceMean, sub } from '../../../companion/graph/ops/index.ts';
import type { Value } from '../../../companion/graph/value.ts';
import { familyOf } from '../../../companion/models/families/registry.ts';
import { conditioningInputs, scopesOf } from '../../../companion/models/model-graphs.ts';
import { float32 } from '../../../companion/tensor/tensor.ts';
import type { Check } from '../check.ts';
import { ACTIVATION, compare, GRADIENT, worst } from '../comparison.ts';
import { lowRankFactors } from '../low-rank.ts';
import { channelsFirst } from '../token-layout.ts';
import { goldenConditioning } from '../unet-run.ts';

export const residualTaps: Check = {
  subject: 'adapted projections in training',
  async *run(golden) {
    const { pipeline } = golden;
    const file = await golden.tensors('grads_taps.safetensors');
    const batch = await golden.tensors('grads.safetensors');
    const factors = lowRankFactors(golden, batch, batch.number('scale'));
    const [sample, target] = [batch.get('x_t'), batch.get('target')];
    const timestep = float32(batch.get('t').data, [sample.shape[0]!]);

    const shape = { model: pipeline.model, sample: sample.shape, ranks: ranksOf(factors) };
    const spec = graphSpec('golden residual taps', shape, ({ model, sample, ranks }) => {
      const left = new Map<string, Value>();
      const graph = new Graph('golden residual taps');
      const attached = attachEverywhere(
        graph,
        ({ path }) => ranks[path]!,
        () => {},
      );
      const inputs = {
        sample: graph.input('sample', sample),
        timestep: graph.input('timestep', [sample[0]!]),
        conditioning: conditioningInputs(graph, model, sample[0]!),
      };
      const prediction = familyOf(model).buildDenoiser(scopesOf(graph), model.config, inputs, {
        adapt: (site) => {
          const y = attached.adapt(site);
          graph.output(`${site.path}.proj_out.x`, site.input);
          graph.output(`${site.path}.proj_out.y`, y);
          left.set(site.path, y);
          return y;
        },
      });
      const error = sub(prediction, graph.input('target', sample));
      const gradients = gradient(reduceMean(mul(error, error), [0, 1, 2, 3]), [...left.values()]);
      for (const [index, path] of [...left.keys()].entries()) {
        graph.output(`${path}.proj_out.dy`, gradients[index]!);
      }
      return graph;
    });
    const session = await pipeline.session(spec);
    const conditioning = goldenConditioning(pipeline, batch);
    const feeds = { ...factorFeeds(0, factors), ...conditioning, sample, timestep, target };
    const outputs = await session.run(feeds);

    for (const [part, meaning] of [
      ['x', 'input'],
      ['y', 'output with residual'],
      ['dy', 'gradient by the output'],
    ] as const) {
      const parts = [...factors.keys()].map((path) => {
        const name = `${path}.proj_out.${part}`;
        const { shape, data } = outputs[name]!;
        const expected = file.get(name);
        // Around a linear projection the reference has tokens [B, hw, C], around a convolution an image.
        const isImage = expected.shape.length === 4;
        const tokens = data as Float32Array;
        const got = isImage ? channelsFirst(tokens, shape[1]!, shape[2]!) : tokens;
        return compare(path, got, expected.data, part === 'dy' ? GRADIENT : ACTIVATION);
      });
      yield worst(meaning, parts);
    }
  },
};
