/** The companion: absent, asking for a code, another one, too old, and gone away. */

import { PROTOCOL_VERSION } from '../../../shared/protocol/connection.ts';
import { FakeCompanion } from '../fake-companion.ts';
import { open, openTab, type Scene, withLibrary } from './scene.ts';

export const CONNECTION_SCENES: readonly Scene[] = [
  {
    name: 'connect-absent',
    companion: () => Object.assign(new FakeCompanion(), { isRunning: false }),
    act: async (stage) => {
      await open(stage, null);
      // An iframe without the permission is told "denied", and help is then open from the start.
      await stage.ui.getByText('Your browser blocks the connection').waitFor();
    },
  },
  {
    name: 'connect-code',
    companion: () => new FakeCompanion(),
    act: async (stage) => {
      await open(stage, null);
      await stage.ui.getByLabel('Code', { exact: true }).fill('111111');
      await stage.ui.getByText('That code did not work').waitFor();
    },
  },
  {
    name: 'connect-long-code',
    companion: () => new FakeCompanion(),
    act: async (stage) => {
      await open(stage, null);
      // One digit short: the last one would send it.
      await stage.ui.getByLabel('Code', { exact: true }).fill('90123456789012');
    },
  },
  {
    name: 'connect-other',
    companion: () => new FakeCompanion(),
    act: async (stage) => {
      const pairings = [{ companion: 'b0'.repeat(16), token: 'B'.repeat(43), port: 17653 }];
      await open(stage, JSON.stringify({ format: 1, pairings }));
      await stage.ui.getByText('does not know this plugin yet').waitFor();
    },
  },
  {
    name: 'connect-impostor',
    companion: () => Object.assign(new FakeCompanion(), { isImpostor: true }),
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByText('Another program answers in its place').waitFor();
    },
  },
  {
    name: 'connect-mismatch',
    companion: () => Object.assign(new FakeCompanion(), { protocol: PROTOCOL_VERSION + 1 }),
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByText('Update the plugin').waitFor();
    },
  },
  {
    name: 'away',
    companion: withLibrary,
    act: async (stage, companion) => {
      await open(stage);
      await openTab(stage, 'Library');
      companion.kill();
      await stage.ui.getByText('The companion does not answer').waitFor();
    },
  },
];
