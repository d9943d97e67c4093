/**
 * addExamples: the concepts that come with a base model, put into a library once, so that the first picture needs no
 * teaching.
 */

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConcept } from '../concepts/concept-file.ts';
import { makeFolder, writeFileAtomically } from '../storage/atomic-file.ts';
import { CONCEPT_SUFFIX } from './concept-folder.ts';
import type { ConceptLibrary } from './concept-library.ts';

/** In a base model's folder. */
const EXAMPLES_FOLDER = 'concepts';

export interface ExampleSource {
  /** A base model: a folder, or a file, which has no examples. */
  readonly model: string;
  /** Folder for the mark that they were added: examples that a person removed stay away. */
  readonly home: string;
}

/**
 * A library that has concepts of its own gets none: who works with it needs no examples.
 * @returns the names of those that were added
 */
export async function addExamples(
  library: ConceptLibrary,
  { model, home }: ExampleSource,
): Promise<readonly string[]> {
  const folder = join(model, EXAMPLES_FOLDER);
  const mark = join(home, 'examples-added');
  if (existsSync(mark) || !existsSync(folder)) return [];
  const names: string[] = [];
  const isNew = (await library.list()).concepts.length === 0 && (await library.removed()).length === 0;
  if (isNew) {
    const files = (await readdir(folder)).filter((file) => file.endsWith(CONCEPT_SUFFIX)).sort();
    for (const file of files) {
      const path = join(folder, file);
      // A picture that the model has made of it lies beside it.
      const sample = await readFile(`${path.slice(0, -CONCEPT_SUFFIX.length)}.jpg`).catch(() => undefined);
      names.push((await library.add(await readConcept(path), { sample })).name);
    }
  }
  await makeFolder(home);
  await writeFileAtomically(mark, '');
  return names;
}
