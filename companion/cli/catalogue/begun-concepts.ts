/**
 * begunConcepts: the versions of concepts that a catalogue was begun with, for it to go on with them: a product that was taught
 * again meanwhile would look one way in half of the pictures, and another way in the rest.
 */

import { LikenessError } from '../../../shared/errors.ts';
import type { ConceptFileInfo } from '../../concepts/concept-file.ts';
import { FileLibrary } from '../../library/file-library.ts';
import type { CatalogueFolder } from './catalogue-folder.ts';

interface ConceptSources {
  /** Those that the command names, by files. */
  readonly given: readonly ConceptFileInfo[];
  /** Folder of the others. */
  readonly concepts: string;
}

/**
 * @param model name of the base model: each gets its own versions
 * @returns those of the record, then the given ones that it does not name
 * @throws LikenessError `concept-unknown` for a version that is no longer here; `input` where a file brings another one
 */
export async function begunConcepts(
  folder: CatalogueFolder,
  model: string,
  { given, concepts }: ConceptSources,
): Promise<readonly ConceptFileInfo[]> {
  const begun = folder.conceptsFor(model);
  if (begun.size === 0) return given;
  const library = new FileLibrary(concepts);
  const versions = (await library.list()).concepts.flatMap((concept) => concept.versions);
  const kept: ConceptFileInfo[] = [];
  for (const [name, weightHash] of begun) {
    const file = given.find((one) => one.name === name);
    if (file !== undefined && file.weightHash !== weightHash) {
      throw new LikenessError(
        'input',
        `the catalogue in ${folder.path} was begun with another version of ${name}`,
        {
          advice: `Leave --concept ${file.path} out, or choose another --out.`,
        },
      );
    }
    const same = versions.filter((version) => version.weightHash === weightHash);
    // Weights may be those of a copy under another name.
    const stored = same.find((version) => version.name === name) ?? same[0];
    if (file !== undefined) kept.push(file);
    else if (stored !== undefined) kept.push({ ...stored, name, path: await library.materialize(stored) });
    else throw goneError(name, folder.path);
  }
  return [...kept, ...given.filter(({ name }) => !begun.has(name))];
}

function goneError(name: string, path: string): LikenessError {
  return new LikenessError(
    'concept-unknown',
    `the version of ${name} that the catalogue in ${path} was begun with is no longer here`,
    { advice: 'Restore it, or choose another --out: all its pictures are made with the one that is here.' },
  );
}
