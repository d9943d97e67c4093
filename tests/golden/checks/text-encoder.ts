/** Token ids to the states of each text encoder: those of all layers, the last one normed, and the one where the text ends. */

import { Graph, graphSpec } from '../../../companion/graph/graph.ts';
import {
  type ClipTextConfig,
  clipStates,
  embedTokens,
  finalNorm,
  parseClipTextConfig,
} from '../../../companion/models/layers/clip-text.ts';
import { linearLayer } from '../../../companion/models/layers/layers.ts';
import { Scope } from '../../../companion/models/layers/scope.ts';
import { float32, int64 } from '../../../companion/tensor/tensor.ts';
import type { Check } from '../check.ts';
import { ACTIVATION, compare, type Outcome, PREDICTION, worst } from '../comparison.ts';
import type { GoldenDirectory } from '../golden-directory.ts';
import { row } from '../golden-tensors.ts';

const ENCODERS = ['text_encoder', 'text_encoder_2'] as const;

export const textEncoder: Check = {
  subject: 'text encoder',
  async *run(golden) {
    for (const [encoder, component] of ENCODERS.entries()) {
      const found = golden.pipeline.checkpoint.components.get(component);
      if (found === undefined) continue;
      yield* encoderOutcomes(golden, encoder, parseClipTextConfig(found.config, component));
    }
  },
};

async function* encoderOutcomes(
  golden: GoldenDirectory,
  encoder: number,
  config: ClipTextConfig,
): AsyncGenerator<Outcome, void> {
  const { pipeline } = golden;
  const component = ENCODERS[encoder]!;
  const file = await golden.tensors(`${component}.safetensors`);
  const ids = file.get('input_ids');
  const [count, length] = ids.shape as [number, number];
  const prompts = Array.from({ length: count }, (_, index) => [...row(ids, index)]);
  const isProjected = file.names().includes('text_embeds');

  const spec = graphSpec(
    'golden text encoder',
    { component, config, count, length, isProjected },
    (shape) => {
      const graph = new Graph('golden text encoder');
      const scope = new Scope(graph, shape.component);
      const inputIds = graph.input('input_ids', [shape.count, shape.length], 'int64');
      const states = clipStates(
        scope,
        shape.config,
        embedTokens(scope, shape.config, inputIds),
        shape.config.layers,
      );
      for (const [layer, state] of states.entries()) graph.output(`hidden_states.${layer}`, state);
      const last = finalNorm(scope, shape.config, states.at(-1)!);
      graph.output('last_hidden_state', last);
      if (shape.isProjected) {
        const projection = scope.at('text_projection');
        graph.output('projected', linearLayer(projection, last, shape.config.projectionWidth!, false));
      }
      return graph;
    },
  );
  const session = await pipeline.session(spec);
  const outputs = await session.run({ input_ids: int64(prompts.flat(), [count, length]) });
  const states = file.names().filter((name) => name.startsWith('hidden_states.'));
  yield worst(
    `${component}: hidden states`,
    states.map((name) => {
      const got = (outputs[name]?.data ?? new Float32Array()) as Float32Array;
      return compare(name, got, file.get(name).data, ACTIVATION);
    }),
  );
  const last = outputs.last_hidden_state!.data as Float32Array;
  yield compare(`${component}: last state`, last, file.get('last_hidden_state').data, PREDICTION);

  const name = isProjected ? 'text_embeds' : 'pooler_output';
  const all = outputs[isProjected ? 'projected' : 'last_hidden_state']!;
  const { eosId } = pipeline.tokenizers[encoder]!;
  const ends = prompts.map((prompt, index) => index * length + prompt.indexOf(eosId));
  const flat = float32(all.data as Float32Array, [count * length, all.shape.at(-1)!]);
  const pooled = ends.flatMap((end) => [...row(flat, end)]);
  yield compare(
    `${component}: ${name}, the state where the text ends`,
    pooled,
    file.get(name).data,
    PREDICTION,
  );
}
