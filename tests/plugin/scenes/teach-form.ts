/** The form of Teach: frames that are selected, their backgrounds, settings. */

import { examplePicture } from '../example-pictures.ts';
import { modelsWith, pullTask, welcome } from '../protocol-samples.ts';
import type { Stage } from '../stage.ts';
import { open, openTab, type Scene, withLibrary } from './scene.ts';

async function selectFrames({ say }: Stage): Promise<void> {
  const files = ['cutout-01', 'cutout-02', 'scene-03', 'cutout-04', 'cutout-05'];
  const names = ['Front', 'Three-quarter', 'On the shelf', 'Handle', 'From above'];
  const frames = names.map((name, index) => ({
    ...{ nodeId: `1:${index}`, name, width: 512, height: 512 },
    isVariant: false,
  }));
  await say({ type: 'selection', frames, record: null });
  for (const [index, file] of files.entries()) {
    await say({ type: 'thumbnail', nodeId: `1:${index}`, bytes: examplePicture(`aurora/${file}.png`) });
  }
}

export const TEACH_FORM_SCENES: readonly Scene[] = [
  {
    name: 'teach-empty',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'Teach');
    },
  },
  {
    name: 'teach-frames',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'Teach');
      await selectFrames(stage);
      await stage.ui.getByText('From above').click();
      await stage.ui.getByLabel('Name').fill('Aurora');
    },
  },
  {
    name: 'teach-demonstration',
    companion: () =>
      Object.assign(withLibrary(), { model: { ...welcome.model, resolution: 128, isDemonstration: true } }),
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'Teach');
      await selectFrames(stage);
      await stage.ui.getByLabel('Name').fill('Linea');
      await stage.ui.getByLabel('It is a').fill('sofa');
      await stage.ui.getByText('It has never seen a sofa.').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'teach-settings',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'Teach');
      await selectFrames(stage);
      await stage.ui.getByText('More settings').click();
      await stage.ui.getByLabel('Steps').fill('500');
      await stage.ui.getByLabel('Also learn mirrored frames').check();
      await stage.ui.getByText('2 changed').waitFor();
    },
  },
  {
    name: 'teach-backgrounds',
    companion: () => Object.assign(withLibrary(), { models: modelsWith('matting', { place: 'offered' }) }),
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'Teach');
      await selectFrames(stage);
      await stage.ui.getByRole('button', { name: 'Get background removal…' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'teach-backgrounds-pull',
    companion: () => {
      const task = pullTask({ bytes: 120_000_000, totalBytes: 224_000_000, secondsLeft: 12 });
      return Object.assign(withLibrary(), { models: modelsWith('matting', { place: 'offered', task }) });
    },
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'Teach');
      await selectFrames(stage);
      await stage.ui.getByText('Getting background removal').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'teach-cut-outs',
    companion: () => Object.assign(withLibrary(), { cutOut: () => examplePicture('aurora/cutout-03.png') }),
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'Teach');
      await selectFrames(stage);
      await stage.ui.getByRole('button', { name: 'Remove its background' }).click();
      const asked = () => stage.sent.find((message) => message.type === 'export');
      while (asked() === undefined) await stage.page.waitForTimeout(20);
      const { exportId } = asked()!;
      const bytes = examplePicture('aurora/scene-03.png');
      await stage.say({ type: 'exported', exportId, nodeId: '1:2', name: 'On the shelf', bytes });
      await stage.say({ type: 'export-done', exportId, failed: [] });
      await stage.ui.getByText('Place it beside its frame').waitFor();
    },
  },
];
