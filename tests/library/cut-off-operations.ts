/** Operations that change a library, or a store beside it, each once, on a library that `prepareLibrary` made. */

import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CatalogueFolder } from '../../companion/cli/catalogue/catalogue-folder.ts';
import { planCatalogue } from '../../companion/cli/catalogue/catalogue-plan.ts';
import type { Concept } from '../../companion/concepts/concept.ts';
import { picture } from '../../companion/images/picture.ts';
import type { ConceptLibrary, KeptPicture } from '../../companion/library/concept-library.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { addLora, listLoras } from '../../companion/model-store/loras/lora-store.ts';
import { planRemoval, removeModel } from '../../companion/model-store/removal.ts';
import { PresetStore } from '../../companion/presets/preset-store.ts';
import { dataFolders } from '../../companion/storage/folders.ts';
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
  await addLora(join(folder, 'downloaded.safetensors'), { ...LORA, name: 'old' }, stores(folder));
  await new PresetStore(folder).save({ name: 'Spring', scenes: ['on a beach'] });
  await mkdir(join(folder, 'catalogue'));
  await (await openCatalogue(folder)).close();
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
  'add with pictures': (library) =>
    library.add(smallConcept('aurora', 11), { references: [SHOT, SHOT], sample: new Uint8Array(1000) }),
  'a preset': (_, folder) => new PresetStore(folder).save({ name: 'Dusk', scenes: [], steps: 5 }),
  'presets of a team': (_, folder) =>
    new PresetStore(folder).merge([
      { name: 'Spring', scenes: ['on ice'] },
      { name: 'Dawn', scenes: [] },
    ]),
  'a LoRA': (_, folder) =>
    addLora(join(folder, 'downloaded.safetensors'), { ...LORA, name: 'new' }, stores(folder)),
  'removal of a LoRA': async (_, folder) => {
    for await (const _event of removeModel(await planRemoval('old', stores(folder)), stores(folder)));
  },
  "a catalogue's failure": async (_, folder) => {
    const catalogue = await openCatalogue(folder);
    await catalogue.fail(CELLS[0]!, { code: 'memory', message: 'too little', advice: 'Close programs.' });
    await catalogue.close();
  },
  "a catalogue's picture": async (_, folder) => {
    const catalogue = await openCatalogue(folder);
    await catalogue.write(CELLS[1]!, new Uint8Array(1000));
    await catalogue.close();
  },
};

/** Of one kind of model, which its file does not say. */
const LORA = { architecture: 'stable-diffusion-v1' };

const stores = (folder: string) => dataFolders({ LIKENESS_HOME: folder });

const SHOT: KeptPicture = async () => ({
  ...{ name: 'front.png', findings: [] },
  pixels: picture(16, 16, 3, new Uint8Array(768)),
});

const CELLS = planCatalogue(
  { products: ['aurora'], scenes: ['on grass', 'on ice'], sizes: [{ width: 8, height: 8 }], seeds: [0] },
  new Map(),
);

function openCatalogue(folder: string): Promise<CatalogueFolder> {
  return CatalogueFolder.open(join(folder, 'catalogue'), CELLS, { strength: 1 });
}

/** What the other stores of a folder have. */
export async function otherState(folder: string): Promise<unknown> {
  const pictures = await Promise.all(
    CELLS.map(({ file }) =>
      stat(join(folder, 'catalogue', file)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const library = openLibrary(folder);
  const { concepts } = await library.list();
  // Pictures that no version keeps are nobody's, and go with the next purge.
  const isOfVersion = (hash: string) =>
    concepts.some(({ versions }) => versions.some(({ weightHash }) => weightHash === hash));
  const references = [...(await library.references())].filter(([hash]) => isOfVersion(hash));
  return {
    samples: [...(await library.samples.hashes())].filter(isOfVersion),
    references: references.map(([hash, { keys }]) => [hash, keys.length]),
    loras: (await listLoras({ loras: stores(folder).loras })).map(({ path: _, ...lora }) => lora),
    presets: await new PresetStore(folder).list(),
    catalogue: JSON.parse(await readFile(join(folder, 'catalogue/catalogue.json'), 'utf8')) as unknown,
    pictures,
  };
}
