/** Base models: chosen, browsed for, got, and removed. */

import { modelsWith, pullTask } from '../protocol-samples.ts';
import type { Stage } from '../stage.ts';
import { open, type Scene, withLibrary } from './scene.ts';

async function openModels(stage: Stage): Promise<void> {
  await open(stage);
  await stage.ui.getByTitle('Models').click();
  await stage.ui.getByText('To get', { exact: true }).waitFor();
}

export const MODELS_SCENES: readonly Scene[] = [
  {
    name: 'models',
    companion: withLibrary,
    act: async (stage) => {
      await openModels(stage);
    },
  },
  {
    name: 'models-browse',
    companion: withLibrary,
    act: async (stage) => {
      await openModels(stage);
      await stage.ui.getByRole('button', { name: 'Browse…' }).click();
      await stage.ui.locator('.place', { hasText: 'Models' }).click();
      await stage.ui.getByRole('button', { name: 'brand-look' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'models-licence',
    companion: withLibrary,
    act: async (stage) => {
      await openModels(stage);
      await stage.ui.getByRole('button', { name: 'Get Stable Diffusion 1.5' }).click();
      await stage.ui.getByLabel('I have read the licence').check();
      await stage.ui.getByRole('button', { name: /^Get it/ }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'models-pull',
    companion: () => {
      const pull = pullTask({ bytes: 1_240_000_000, totalBytes: 2_100_000_000, secondsLeft: 73 });
      return Object.assign(withLibrary(), { models: modelsWith('stable-diffusion-v1-5', { task: pull }) });
    },
    act: async (stage) => {
      await openModels(stage);
      await stage.ui.getByRole('button', { name: 'Pause' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'models-failed',
    companion: () => {
      const failure = {
        code: 'network',
        message: 'huggingface.co cannot be reached',
        advice: 'Check the connection, then resume: it goes on where it stopped.',
      } as const;
      const pull = pullTask({ state: 'failed', bytesPerSecond: 0, secondsLeft: null, failure });
      return Object.assign(withLibrary(), { models: modelsWith('stable-diffusion-v1-5', { task: pull }) });
    },
    act: async (stage) => {
      await openModels(stage);
      await stage.ui.getByRole('button', { name: 'Resume' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'models-remove',
    companion: withLibrary,
    act: async (stage) => {
      await openModels(stage);
      await stage.ui.getByRole('button', { name: 'Details of product-shots-v3' }).click();
      await stage.ui.getByRole('button', { name: 'Remove…' }).click();
      await stage.ui.getByRole('button', { name: 'Keep it' }).scrollIntoViewIfNeeded();
    },
  },
];
