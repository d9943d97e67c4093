/** What Likeness takes on this computer, and how it is taken off. */

import { open, type Scene, withLibrary } from './scene.ts';

export const COMPUTER_SCENES: readonly Scene[] = [
  {
    name: 'computer',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByRole('button', { name: 'On this computer' }).click();
      await stage.ui.getByRole('button', { name: 'Show a code' }).click();
      await stage.ui.getByText('482 913').waitFor();
    },
  },
  {
    name: 'computer-uninstall',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByRole('button', { name: 'On this computer' }).click();
      await stage.ui.getByRole('button', { name: 'Uninstall…' }).click();
      await stage.ui.getByRole('button', { name: 'Uninstall, keep my work' }).scrollIntoViewIfNeeded();
    },
  },
];
