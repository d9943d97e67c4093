/** The form of Generate, and the variants that come of it. */

import { emptyGenerate } from '../../../plugin/ui/work/drafts.ts';
import { examplePicture } from '../example-pictures.ts';
import type { FakeCompanion } from '../fake-companion.ts';
import { TOKEN } from '../fake-gate.ts';
import { concept, generateJob } from '../protocol-samples.ts';
import { auroraRecord, selectVariant } from '../workplace.ts';
import { open, png, running, type Scene, SPRING, withLibrary } from './scene.ts';

/** A mask as models make them: a soft disc. */
function disc(side: number): Uint8Array {
  return Uint8Array.from({ length: side * side }, (_, cell) => {
    const distance = Math.hypot((cell % side) - side / 2, Math.floor(cell / side) - side / 1.8);
    return 255 * Math.min(1, Math.max(0, (side / 3 - distance) / 2));
  });
}

async function sendVariants(companion: FakeCompanion, job: string, finished: number): Promise<void> {
  const confidences = [0.91, 0.52, 0.87, 0.83].slice(0, finished);
  companion.send({ type: 'job', job: generateJob(job, running, {}, confidences) });
  for (const [picture, confidence] of confidences.entries()) {
    const payload = examplePicture(`aurora/scene-0${picture + 1}.png`);
    companion.sendFrame({
      header: { kind: 'picture', job, picture, seed: 7214 + picture, ...png(512) },
      payload,
    });
    const mask = {
      kind: 'mask',
      job,
      picture,
      concept: 'aurora',
      rows: 16,
      columns: 16,
      confidence,
    } as const;
    companion.sendFrame({ header: mask, payload: disc(16) });
  }
}

export const GENERATE_SCENES: readonly Scene[] = [
  {
    name: 'generate-mention',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await stage.say({
        type: 'selection',
        frames: [{ nodeId: '2:1', name: 'Hero', width: 1440, height: 810, isVariant: false }],
        record: null,
      });
      await stage.ui.getByLabel('Size').selectOption('frame');
      await stage.ui.getByText('More settings').click();
      await stage.ui.getByLabel('Prompt').fill('');
      await stage.ui.getByLabel('Prompt').pressSequentially('two of @');
      await stage.ui.getByRole('option').first().waitFor();
    },
  },
  {
    name: 'generate-fill',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      const pictures = [0, 1, 2].map((index) => ({
        ...{ jobId: 'job-variants', index, seed: 7214 + index },
        isShown: index === 1,
      }));
      await stage.say({
        type: 'layout',
        target: {
          ...{
            nodeId: '2:2',
            name: 'Hero picture',
            width: 720,
            height: 405,
            layout: { nodeId: '2:0', name: 'Landing page' },
          },
          ...{ isFrame: true, isLocked: false, isEmpty: false, notes: [], pictures },
        },
        area: null,
        canvas: '',
      });
      await stage.ui.getByLabel('Prompt').fill('@aurora on a beach');
      await stage.ui.getByLabel('Fill this frame again').check();
      await stage.ui.getByLabel('Show the model').check();
      await stage.ui.locator('.fill-choice img').nth(2).waitFor();
    },
  },
  {
    name: 'generate-scene',
    companion: () => Object.assign(withLibrary(), { presets: [SPRING] }),
    act: async (stage) => {
      await open(stage);
      const bottle = { nodeId: '2:1', name: 'Bottle', x: 0.3, y: 0.2, width: 0.2, height: 0.6 };
      const area = { nodeId: '2:0', name: 'Landing page', width: 1440, height: 810, layers: [bottle] };
      await stage.say({ type: 'layout', target: null, area, canvas: '' });
      await stage.ui.getByLabel('Paint a scene around “Bottle”').check();
      await stage.ui.getByRole('button', { name: 'Leave it out' }).click();
      await stage.ui.getByLabel('Preset', { exact: true }).selectOption('Spring light');
      await stage.ui.getByRole('button', { name: 'on a quay' }).click();
      await stage.ui.getByRole('button', { name: 'Paint 4 scenes' }).waitFor();
    },
  },
  {
    name: 'generate-preset',
    companion: () => Object.assign(withLibrary(), { presets: [SPRING] }),
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByLabel('Preset', { exact: true }).selectOption('Spring light');
      await stage.ui.getByRole('button', { name: 'Edit…' }).click();
      await stage.ui.getByRole('button', { name: 'Save preset' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'generate-variant',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await selectVariant(stage, auroraRecord());
      await stage.ui.getByRole('button', { name: 'Product only' }).waitFor();
    },
  },
  {
    name: 'generate-places',
    companion: () => {
      const companion = withLibrary();
      companion.concepts = ['aurora', 'summit'].map((name) => concept({ name }));
      return companion;
    },
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByLabel('Prompt').fill('@aurora and @summit on a rug');
      const hero = { nodeId: '2:1', name: 'Hero', x: 0.06, y: 0.3, width: 0.4, height: 0.55 };
      const second = { ...hero, nodeId: '2:2', name: 'Second product', x: 0.58, y: 0.4, width: 0.3 };
      const area = { nodeId: '2:0', name: 'Landing page', width: 1440, height: 810, layers: [hero, second] };
      await stage.say({ type: 'layout', target: null, area, canvas: '' });
      for (const { name } of area.layers) {
        await stage.ui.getByRole('button', { name: `Place in “${name}”` }).click();
      }
      await stage.ui.getByLabel('Keep the rest').check();
      await stage.say({ type: 'layout', target: null, area: null, canvas: '' });
      await stage.ui.getByLabel('Prompt').press('Escape');
    },
  },
  {
    name: 'generate-styles',
    companion: () => {
      const style = {
        kind: null,
        architecture: 'stable-diffusion-v1',
        fits: true,
        weight: 0.8,
        brings: null,
      };
      const brings = { steps: 4, guidanceScale: 1, guidanceMax: 1, sampler: 'euler (trailing)' };
      const loras = [
        { name: 'northlight-catalogue', ...style },
        { name: 'lightning', ...style, weight: 1, kind: 'lightning-4', brings },
      ];
      return Object.assign(withLibrary(), { loras });
    },
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByLabel('Prompt').fill('@aurora on a beach');
      await stage.ui.getByText('More settings').click();
      const choice = stage.ui.getByLabel('Style', { exact: true });
      await choice.selectOption('northlight-catalogue');
      await choice.selectOption('lightning');
      await stage.ui.getByText('Makes pictures in 4 steps').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'generate-versions',
    companion: () => {
      const companion = withLibrary();
      companion.concepts = companion.concepts.map((one) =>
        one.name === 'summit' ? concept({ name: 'summit', classWord: 'backpack', version: 3 }) : one,
      );
      return companion;
    },
    act: async (stage) => {
      const versions = [{ id: 'concept-aurora', name: 'aurora', version: 1 }];
      const draft = { ...emptyGenerate(), prompt: '@aurora and @summit on a rug', versions, seed: 7214 };
      await open(stage, TOKEN, JSON.stringify(draft));
      await stage.ui.getByLabel('@summit version').waitFor();
    },
  },
  {
    name: 'generate-variants',
    companion: () => {
      const companion = withLibrary();
      companion.jobs = [generateJob('job-variants', running)];
      return companion;
    },
    act: async (stage, companion) => {
      await open(stage);
      await stage.ui.getByLabel('Prompt').fill('@aurora on a beach');
      await sendVariants(companion, 'job-variants', 3);
      companion.send({
        type: 'progress',
        job: 'job-variants',
        phase: 'sampling',
        step: 12,
        steps: 30,
        fraction: 0.85,
        secondsLeft: 9,
        picture: 3,
        count: 4,
      });
      await stage.ui.getByLabel('Show where the product acted').check();
      await stage.ui.locator('.trouble').scrollIntoViewIfNeeded();
      await stage.ui.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
    },
  },
];
