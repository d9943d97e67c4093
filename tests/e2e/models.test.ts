/** A second model, from a hub on this computer to a taught product, in the panel alone. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { pictureToRenew } from '../documents/linked-pictures.ts';
import { halfway, localHub } from '../model-store/hub/local-hub.ts';
import { SHARD, servedModel } from '../model-store/served-model.ts';
import { seriousFindings } from './accessibility.ts';
import { BenchTable, cannotRun } from './bench-table.ts';
import type { StudioDriver } from './studio-driver.ts';

/** Two starts, a teaching and a picture one after the other, on a test computer that may be slow. */
const PATIENCE_MS = 900_000;
const TEACH_STEPS = 6;
const SAMPLE_STEPS = 4;

async function looked(studio: StudioDriver, name: string): Promise<void> {
  const path = pictureToRenew(`studio-${name}-light.png`);
  if (path !== undefined) await studio.page.screenshot({ path });
  for (const frame of studio.page.frames()) expect(await seriousFindings(frame)).toEqual([]);
}

describe.skipIf(cannotRun)(`a second model${cannotRun ? ` (skipped: ${cannotRun})` : ''}`, () => {
  it(
    'is got with a pause and a restart between, and teaches and draws',
    async () => {
      const served = servedModel();
      const { endpoint } = await localHub(served, {
        repository: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
        licence: 'creativeml-openrail-m',
        ...halfway(served, SHARD),
      });
      const table = await BenchTable.set({ hub: { HF_ENDPOINT: endpoint } });
      onTestFinished(() => table.clear());
      const studio = await table.openStudio();
      const { plugin } = studio;
      await studio.pair(table.companion.code);

      await plugin.getByTitle('Models').click();
      await plugin
        .getByRole('button', { name: /^Get Stable Diffusion 1.5|^Get stable-diffusion-v1-5/ })
        .click();
      await looked(studio, 'models-licence');
      await plugin.getByLabel('I have read the licence').check();
      await plugin.getByRole('button', { name: /^Get it/ }).click();
      await plugin.getByText(/^[\d.]+ [kM]B of \d+ MB/).waitFor();
      await looked(studio, 'models-pull');
      await plugin.getByRole('button', { name: 'Pause' }).click();
      const paused = await plugin.getByText(/^Paused/).innerText();

      // Closing the panel changes nothing, and neither does a new companion.
      await studio.page.reload();
      await plugin.getByTitle('Models').click();
      await plugin.getByText(paused).waitFor();
      await table.companion.stop();
      await plugin.getByText('The companion does not answer').waitFor();
      await table.startAgain();
      await plugin.getByText('The companion does not answer').waitFor({ state: 'detached' });
      await plugin.getByText(paused).waitFor();
      await plugin.getByRole('button', { name: 'Resume' }).click();
      await plugin.getByRole('button', { name: /^Use / }).click();
      await plugin.getByTitle('Models').getByText('stable-diffusion-v1-5').waitFor();
      await looked(studio, 'models-in-use');

      await studio.addSamples(/mug/i);
      await studio.teach({ name: 'aurora', classWord: 'mug', steps: TEACH_STEPS });
      await studio.learned();
      await studio.generate({ prompt: '@aurora on a beach', count: 1, steps: SAMPLE_STEPS });
      await studio.layerCount(5);
      await studio.variantsDone();
      await studio.page.getByRole('button', { name: /zoom to fit/ }).click();
      await looked(studio, 'second-model');
      await studio.show('History');
      await plugin.getByText('@aurora on a beach').first().waitFor();

      // It is chosen at the next start, too.
      await table.companion.stop();
      await table.startAgain();
      await plugin.getByTitle('Models').getByText('stable-diffusion-v1-5').waitFor();
      expect(studio.errors).toEqual([]);
    },
    PATIENCE_MS,
  );
});
