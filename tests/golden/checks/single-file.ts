/**
 * The checkpoint in one file under the original names: the same weights as the folder's in halves, and the same numbers.
 * Shapes alone tell no heads and no groups of a small model, so that it runs with the folder's configs.
 */

import type { Checkpoint, Component } from '../../../companion/checkpoint/component.ts';
import { openCheckpoint } from '../../../companion/models/families/formats.ts';
import type { Pipeline } from '../../../companion/pipeline/pipeline.ts';
import { readFloat32 } from '../../../companion/tensor/safetensors-file.ts';
import type { Check } from '../check.ts';
import { type Comparison, compare, EXACT, verdict, worst } from '../comparison.ts';
import { readPrompts } from '../prompts.ts';
import { predict, unetFeeds } from '../unet-run.ts';

export const singleFile: Check = {
  subject: 'single file',
  async *run(golden) {
    const file = await openCheckpoint(golden.path('single_file', 'model.safetensors'));
    const folder = await openCheckpoint(golden.path('pipeline_fp16'));
    const { format } = golden.pipeline.checkpoint;
    yield verdict('it is of the family', file.format.id === format.id, file.format.id);
    for (const [name, component] of folder.components) {
      yield worst(`${name}: weights`, await weightsAlike(component, file.components.get(name)!));
    }

    const components = new Map<string, Component>();
    for (const [name, component] of folder.components) {
      components.set(name, { ...component, weights: file.components.get(name)!.weights });
    }
    const mixed: Checkpoint = { ...folder, components };
    const feeds = unetFeeds(golden.pipeline, await golden.tensors('unet.safetensors'));
    const { scene } = await readPrompts(golden);
    const run = async (pipeline: Pipeline) => {
      const prompt = await pipeline.encodePrompt(scene, { width: 64, height: 64 });
      const text = [...prompt.values()].flatMap(({ data }) => [...data]);
      return { text, prediction: await predict(pipeline, feeds) };
    };
    const [one, other] = [await golden.withOpened(mixed, run), await golden.withOpened(folder, run)];
    yield compare('text', one.text, other.text, EXACT);
    yield compare('prediction', one.prediction, other.prediction, EXACT);
  },
};

async function weightsAlike(folder: Component, file: Component): Promise<Comparison[]> {
  const parts: Comparison[] = [];
  for (const name of folder.weights.names()) {
    if (name.endsWith('position_ids')) continue;
    const got = file.weights.has(name) ? (await readFloat32(file.weights.get(name))).data : [];
    parts.push(compare(name, got, (await readFloat32(folder.weights.get(name))).data, EXACT));
  }
  return parts;
}
