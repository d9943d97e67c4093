/** Token ids to the states that cross-attention reads, and all states on the way. */

import { Graph, graphSpec } from '../../../companion/graph/graph.ts';
import { CONTEXT } from '../../../companion/models/family.ts';
import { buildClipText, embedTokens } from '../../../companion/models/layers/clip-text.ts';
import { Scope } from '../../../companion/models/layers/scope.ts';
import { int64 } from '../../../companion/tensor/tensor.ts';
import { configOf } from '../../pipeline/stable-diffusion.ts';
import type { Check } from '../check.ts';
import { ACTIVATION, compare, PREDICTION, worst } from '../comparison.ts';
import { row } from '../golden-tensors.ts';

const EMBEDDINGS = 'text_model.embeddings';
const LAYER = /^text_model\.encoder\.layers\.(\d+)$/;

export const textEncoder: Check = {
  subject: 'text encoder',
  async *run(golden) {
    const { pipeline } = golden;
    const file = await golden.tensors('text_encoder.safetensors');
    const ids = file.get('input_ids');
    const prompts = Array.from({ length: ids.shape[0]! }, (_, index) => [...row(ids, index)]);

    const states: number[] = [];
    for (const prompt of prompts) states.push(...(await pipeline.encodeTokens([prompt])).get(CONTEXT)!.data);
    yield compare('last hidden state', states, file.get('last_hidden_state').data, PREDICTION);

    const shape = { config: configOf(pipeline).text, ids: ids.shape };
    const spec = graphSpec('golden text encoder', shape, ({ config, ids }) => {
      const graph = new Graph('golden text encoder');
      const scope = new Scope(graph, 'text_encoder', '', (path, value) => {
        const layer = LAYER.exec(path)?.[1];
        if (path === EMBEDDINGS) graph.output('hidden_states.0', value);
        // State k is what layer k reads: layer k - 1 gave it out.
        else if (layer !== undefined) graph.output(`hidden_states.${Number(layer) + 1}`, value);
      });
      const inputIds = graph.input('input_ids', ids, 'int64');
      graph.output('last', buildClipText(scope, config, embedTokens(scope, config, inputIds)));
      return graph;
    });
    const session = await pipeline.session(spec);
    const outputs = await session.run({ input_ids: int64(prompts.flat(), ids.shape) });
    yield worst(
      'hidden states, all prompts at once',
      file
        .names()
        .filter((name) => name.startsWith('hidden_states.'))
        .map((name) => {
          const got = (outputs[name]?.data ?? new Float32Array()) as Float32Array;
          return compare(name, got, file.get(name).data, ACTIVATION);
        }),
    );
    const width = file.get('pooler_output').shape.at(-1)!;
    const ends = prompts.map(
      (prompt, index) => index * prompt.length + prompt.indexOf(pipeline.tokenizer.eosId),
    );
    const pooled = ends.flatMap((end) => [...states.slice(end * width, (end + 1) * width)]);
    yield compare(
      'pooler_output: the state where the text ends',
      pooled,
      file.get('pooler_output').data,
      PREDICTION,
    );
  },
};
