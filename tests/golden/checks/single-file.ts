/**
 * The checkpoint in one file under the original names: the same weights as the folder's in halves, and the same numbers.
 * Shapes alone tell no heads and no groups of a small model: the folder's configs lie beside it.
 */

import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint, Component } from '../../../companion/checkpoint/component.ts';
import { openCheckpoint } from '../../../companion/models/families/formats.ts';
import type { Pipeline } from '../../../companion/pipeline/pipeline.ts';
import { readFloat32 } from '../../../companion/tensor/safetensors-file.ts';
import type { Check } from '../check.ts';
import { type Comparison, compare, EXACT, type Outcome, verdict, worst } from '../comparison.ts';
import type { GoldenDirectory } from '../golden-directory.ts';
import { readPrompts } from '../prompts.ts';
import { predict, unetFeeds } from '../unet-run.ts';

export const singleFile: Check = {
  subject: 'single file',
  async *run(golden) {
    const place = await mkdtemp(join(tmpdir(), 'likeness-golden-file-'));
    try {
      const path = join(place, 'model.safetensors');
      await symlink(golden.path('single_file', 'model.safetensors'), path);
      await symlink(golden.path('pipeline_fp16'), join(place, 'model.config'));
      yield* compareForms(golden, await openCheckpoint(path));
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  },
};

async function* compareForms(golden: GoldenDirectory, file: Checkpoint): AsyncGenerator<Outcome> {
  const folder = await openCheckpoint(golden.path('pipeline_fp16'));
  const { format } = golden.pipeline.checkpoint;
  yield verdict('it is of the family', file.format.id === format.id, file.format.id);
  for (const [name, component] of folder.components) {
    yield worst(`${name}: weights`, await weightsAlike(component, file.components.get(name)!));
  }

  const feeds = unetFeeds(golden.pipeline, await golden.tensors('unet.safetensors'));
  const { scene } = await readPrompts(golden);
  const run = async (pipeline: Pipeline) => {
    const prompt = await pipeline.encodePrompt(scene, { width: 64, height: 64 });
    const text = [...prompt.values()].flatMap(({ data }) => [...data]);
    return { text, prediction: await predict(pipeline, feeds) };
  };
  const [one, other] = [await golden.withOpened(file, run), await golden.withOpened(folder, run)];
  yield compare('text', one.text, other.text, EXACT);
  yield compare('prediction', one.prediction, other.prediction, EXACT);
}

async function weightsAlike(folder: Component, file: Component): Promise<Comparison[]> {
  const parts: Comparison[] = [];
  for (const name of folder.weights.names()) {
    if (name.endsWith('position_ids')) continue;
    const got = file.weights.has(name) ? (await readFloat32(file.weights.get(name))).data : [];
    parts.push(compare(name, got, (await readFloat32(folder.weights.get(name))).data, EXACT));
  }
  return parts;
}
