/** Operations that change a library, each once, on a library that `prepareLibrary` made. */

import { join } from 'node:path';
import type { Concept } from '../../companion/concepts/concept.ts';
import type { ConceptLibrary } from '../../companion/library/concept-library.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { smallConcept, writePlainLora, writeSmallConcept } from './small-concept.ts';

const NOW = new Date('2026-05-05T10:00:00Z');

/** With a clock that stands, so that two runs come to the same state. */
export function openLibrary(folder: string): ConceptLibrary {
  return new FileLibrary(join(folder, 'concepts'), { now: () => NOW });
}

/** Two versions of `aurora`, one of `mug` under a name of its own, two of `cup` in the trash; and files to import. */
export async function prepareLibrary(folder: string): Promise<void> {
  const library = openLibrary(folder);
  const add = (name: string, weight: number, facts: Partial<Concept> = {}) =>
    library.add(smallConcept(name, weight, facts));
  for (const weight of [1, 2]) await add('aurora', weight);
  await add('cup', 4);
  await library.remove((await add('cup', 5)).id);
  await writeSmallConcept(join(folder, 'concepts'), 'mug', 7);
  await writeSmallConcept(join(folder, 'concepts'), 'far', 8, { version: 2 ** 40 });
  await writeSmallConcept(folder, 'aurora', 9, {
    version: 2 ** 53 - 1,
    parent: (await library.list('aurora')).concepts[0]!.current.weightHash,
  });
  await writePlainLora(folder);
}

const idOf = async (name: string, library: ConceptLibrary) => (await library.list(name)).concepts[0]!.id;

type Operation = (library: ConceptLibrary, folder: string) => Promise<unknown>;

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  add: (library) => library.add(smallConcept('aurora', 10)),
  'add after a number that has no next': (library) => library.add(smallConcept('far', 10)),
  import: (library, folder) => library.import(join(folder, 'aurora-9.safetensors')),
  'import of a plain LoRA': (library, folder) =>
    library.import(join(folder, 'downloaded.safetensors'), {
      lora: { name: 'watch', classWord: 'watch', identifier: 'sks' },
    }),
  rename: async (library) => library.edit(await idOf('aurora', library), { name: 'borealis' }),
  'change of rights': async (library) =>
    library.edit(await idOf('aurora', library), { rights: { expires: '2026-11-30' } }),
  'rename with rights': async (library) =>
    library.edit(await idOf('mug', library), { name: 'con', rights: { owner: 'Acme' } }),
  remove: async (library) => library.remove(await idOf('aurora', library)),
  restore: async (library) => library.restore((await library.removed())[0]!.id),
  purge: (library) => library.purge(0),
};
