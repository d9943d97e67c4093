/** The library: its concepts, those that come and go as files, and those that were removed. */

import { open, openTab, type Scene, withLibrary } from './scene.ts';

export const LIBRARY_SCENES: readonly Scene[] = [
  {
    name: 'library',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'Library');
      await stage.ui.getByLabel('Details of @aurora').click();
    },
  },
  {
    name: 'library-export',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'Library');
      await stage.ui.getByLabel('Details of @aurora').click();
      await stage.ui.getByText('Export', { exact: true }).click();
      await stage.ui.getByRole('button', { name: 'Download for Likeness' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'library-import',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'Library');
      const header = JSON.stringify({ __metadata__: { ss_network_dim: '8' } });
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      const buffer = Buffer.concat([length, Buffer.from(header)]);
      const file = { name: 'blue-vase.safetensors', mimeType: 'application/octet-stream', buffer };
      await stage.ui.getByLabel('Concept file').setInputFiles(file);
      await stage.ui.getByRole('button', { name: 'Import it' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'library-removed',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'Library');
      for (const name of ['aurora', 'summit']) {
        await stage.ui.getByLabel(`Details of @${name}`).click();
        await stage.ui.getByRole('button', { name: 'Remove' }).click();
        await stage.ui.getByText(`Removed @${name}.`).waitFor();
      }
      await stage.ui.getByRole('region', { name: 'Recently removed' }).waitFor();
    },
  },
];
