/** The concepts that come with the embedded model, in a library that is opened for the first time. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addExamples } from '../../companion/library/example-concepts.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { readBaseModel } from '../../companion/pipeline/loaded-model.ts';
import { smallConcept } from './small-concept.ts';

const model = join(EMBEDDED_MODELS, DEFAULT_MODEL);
let home: string;
let library: FileLibrary;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'likeness-examples-'));
  library = new FileLibrary(join(home, 'concepts'));
});
afterEach(() => rm(home, { recursive: true }));

const names = async () => (await library.list()).concepts.map(({ name }) => name).sort();

it('are there, and made for the model that they come with', async () => {
  expect(await addExamples(library, { model, home })).toEqual(['aurora', 'summit']);
  expect(await names()).toEqual(['aurora', 'summit']);
  const { identity } = await readBaseModel(model, join(home, 'cache'));
  const { concepts } = await library.list();
  // Nobody has made a picture with them yet.
  expect((await library.samples.hashes()).size).toBe(2);
  expect(new Set(concepts.map(({ current }) => current.baseModel.hash))).toEqual(new Set([identity.hash]));
});

it('stay away once a person has removed them', async () => {
  await addExamples(library, { model, home });
  for (const { id } of (await library.list()).concepts) await library.remove(id);
  await library.purge(0);
  expect(await addExamples(library, { model, home })).toEqual([]);
  expect(await names()).toEqual([]);
});

it('do not come into a library that has concepts of its own, nor with a model that has none', async () => {
  await library.add(smallConcept('ember', 1));
  const own = await names();
  expect(await addExamples(library, { model, home })).toEqual([]);
  expect(await names()).toEqual(own);
  expect(await addExamples(library, { model: join(home, 'model.safetensors'), home })).toEqual([]);
});
