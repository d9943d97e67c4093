import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { canMount, onSmallDisk } from '../storage/small-disk.ts';

const PREPARE = `
  import { statfsSync, writeFileSync } from 'node:fs';
  import { FileLibrary } from './companion/library/file-library.ts';
  import { smallConcept } from './tests/library/small-concept.ts';
  const fill = (disk) => {
    const { bavail, bsize } = statfsSync(disk);
    try { writeFileSync(disk + '/filler', new Uint8Array(bavail * bsize + bsize)); } catch {}
  };
  const refusal = (work) => work.then(() => 'done', (error) => error.code);
  const seen = async (library) => [
    ...(await library.list()).concepts.map(({ name, versions }) => [name, versions.length]),
    ...(await library.removed()).map(({ name, versions }) => ['removed ' + name, versions]),
  ];`;

it.skipIf(!canMount)(
  'a full disk makes no half change, and what is in the trash can still be purged (needs unshare)',
  async () => {
    const folder = await scratchFolder();
    const printed = await onSmallDisk(
      folder,
      `${PREPARE}
     const library = new FileLibrary(${JSON.stringify(join(folder, 'concepts'))});
     const { id } = await library.add(smallConcept('aurora', 1));
     await library.add(smallConcept('aurora', 2));
     const mug = await library.add(smallConcept('mug', 3));
     for (const weight of [4, 6, 7, 8]) await library.add(smallConcept('mug', weight));
     await library.remove(mug.id);
     fill(${JSON.stringify(folder)});
     const told = [
       await refusal(library.edit(id, { name: 'borealis' })),
       await refusal(library.add(smallConcept('aurora', 5))),
       await refusal(library.restore(mug.id)),
       await seen(library),
       await refusal(library.purge(0)),
       await seen(library),
       await refusal(library.edit(id, { name: 'borealis' })),
       await seen(library),
     ];
     console.log(JSON.stringify(told));`,
      '256k',
    );
    const full = [
      ['aurora', 2],
      ['removed mug', 5],
    ];
    expect(JSON.parse(printed)).toEqual([
      'storage',
      'storage',
      'storage',
      full,
      'done',
      [['aurora', 2]],
      'done',
      [['borealis', 2]],
    ]);
  },
);

it.skipIf(!canMount)(
  'on a full disk a version without room for its pictures is not there, and presets and catalogues stay as they were (needs unshare)',
  async () => {
    const folder = await scratchFolder();
    const printed = await onSmallDisk(
      folder,
      `${PREPARE}
     import { mkdirSync, readdirSync, rmSync } from 'node:fs';
     import { CatalogueFolder } from './companion/cli/catalogue/catalogue-folder.ts';
     import { picture } from './companion/images/picture.ts';
     import { PresetStore } from './companion/presets/preset-store.ts';
     const disk = ${JSON.stringify(folder)};
     const library = new FileLibrary(disk + '/concepts');
     const presets = new PresetStore(disk);
     await library.add(smallConcept('aurora', 1));
     await presets.save({ name: 'Spring', scenes: [] });
     mkdirSync(disk + '/catalogue');
     const cell = { key: 'one', file: 'one.png' };
     const catalogue = await CatalogueFolder.open(disk + '/catalogue', [cell], {});
     const { bavail, bsize } = statfsSync(disk);
     // Room for the version, and not for its pictures.
     writeFileSync(disk + '/filler', new Uint8Array(bavail * bsize - 100_000));
     const shot = async () => ({ name: 'a', findings: [], pixels: picture(256, 256, 3, new Uint8Array(196608)) });
     const pictures = { references: [shot, shot], sample: new Uint8Array(20000) };
     const added = [await refusal(library.add(smallConcept('aurora', 2), pictures)), await seen(library)];
     rmSync(disk + '/filler');
     fill(disk);
     const scenes = Array.from({ length: 32 }, (_, scene) => scene + 'x'.repeat(190));
     console.log(JSON.stringify([
       ...added,
       await refusal(presets.save({ name: 'Dusk', scenes })),
       (await presets.list()).map(({ name }) => name),
       await refusal(catalogue.write(cell, new Uint8Array(20000))),
       readdirSync(disk + '/catalogue').filter((name) => !name.startsWith('.') && !name.includes('-by')),
     ]));`,
      '512k',
    );
    expect(JSON.parse(printed)).toEqual([
      'storage',
      [['aurora', 1]],
      'storage',
      ['Spring'],
      'storage',
      ['catalogue.json'],
    ]);
  },
);
