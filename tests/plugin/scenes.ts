/** Every view in the state a person knows it in: what there is on the canvas and in the companion, and what they did. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { emptyGenerate } from '../../plugin/ui/work/drafts.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/connection.ts';
import { FakeCompanion } from './fake-companion.ts';
import { TOKEN } from './fake-gate.ts';
import {
  catalogueJob,
  concept,
  generateJob,
  modelsWith,
  pullTask,
  taughtJob,
  teachJob,
  welcome,
} from './protocol-samples.ts';
import type { Stage } from './stage.ts';
import { auroraRecord, selectVariant } from './workplace.ts';

const example = (file: string) =>
  readFileSync(fileURLToPath(new URL(`../../examples/${file}`, import.meta.url)));
const outOfMemory = {
  state: 'failed',
  code: 'memory',
  message: 'not enough memory',
  advice: 'Close other programs and try again. Smaller pictures and fewer variants need less.',
} as const;
const running = { state: 'running', resumed: false } as const;

export interface Scene {
  readonly name: string;
  readonly companion: () => FakeCompanion;
  readonly act: (stage: Stage, companion: FakeCompanion) => Promise<void>;
}

function withLibrary(): FakeCompanion {
  const companion = new FakeCompanion();
  companion.concepts = [
    concept({
      name: 'aurora',
      version: 2,
      hasSample: true,
      rights: { owner: 'Northlight', note: 'Campaigns of spring 2027' },
    }),
    concept({ name: 'summit', classWord: 'backpack', rights: { owner: 'Summit Co', expires: '2026-10-01' } }),
    concept({
      name: 'aurelia-vase',
      classWord: 'vase',
      model: 'Another model',
      usable: false,
      hasThumbnail: false,
    }),
  ];
  companion.pictures = (path) => {
    if (path.includes('summit')) return example('summit/cutout-01.png');
    if (path.includes('sample')) return example('aurora/scene-02.png');
    if (path.includes('thumbnail')) return example('aurora/cutout-01.png');
    const number = /pictures\/(\d)/.exec(path);
    return number === null ? undefined : example(`aurora/scene-0${Number(number[1]) + 1}.png`);
  };
  return companion;
}

const open = (stage: Stage, pairing: string | null = TOKEN, draft: string | null = null) =>
  stage.say({ type: 'hello', command: 'open', pairing, draft, openBatches: [], waitingRows: [] });

async function selectFrames({ say }: Stage): Promise<void> {
  const files = ['cutout-01', 'cutout-02', 'scene-03', 'cutout-04', 'cutout-05'];
  const names = ['Front', 'Three-quarter', 'On the shelf', 'Handle', 'From above'];
  const frames = names.map((name, index) => ({
    ...{ nodeId: `1:${index}`, name, width: 512, height: 512 },
    isVariant: false,
  }));
  await say({ type: 'selection', frames, record: null });
  for (const [index, file] of files.entries()) {
    await say({ type: 'thumbnail', nodeId: `1:${index}`, bytes: example(`aurora/${file}.png`) });
  }
}

const png = (width: number) => ({ mediaType: 'image/png', width, height: width }) as const;

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
    const payload = example(`aurora/scene-0${picture + 1}.png`);
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

/** The end of a teaching on a demonstration model. @param sample an example in place of what was learned */
function taughtScene(
  name: string,
  verdict: Parameters<typeof taughtJob>[1],
  { sample, words }: { readonly sample: string; readonly words: RegExp },
): Scene {
  return {
    name,
    companion: () => {
      const companion = withLibrary();
      companion.concepts = [concept({ name: 'aurora' })];
      companion.jobs = [teachJob('job-teaching', running)];
      companion.model = { ...welcome.model, isDemonstration: true };
      return companion;
    },
    act: async (stage, companion) => {
      await open(stage);
      await stage.ui.getByText('@aurora').first().waitFor();
      const header = { kind: 'sample', job: 'job-teaching', step: 300, ...png(512) } as const;
      companion.sendFrame({ header, payload: example(sample) });
      companion.send({ type: 'job', job: taughtJob('job-teaching', verdict) });
      await stage.ui.getByText(words).waitFor();
      await stage.ui.getByAltText('Your frame').waitFor();
      await stage.ui.getByAltText('What was learned').waitFor();
    },
  };
}

const SPRING = {
  ...{ name: 'Spring light', scenes: ['on a quay', 'on a picnic blanket'], palette: 'teal and sand' },
  light: 'soft morning light',
};

export const SCENES: readonly Scene[] = [
  {
    name: 'catalogue-form',
    companion: () => Object.assign(withLibrary(), { presets: [SPRING] }),
    act: async (stage) => {
      await open(stage, TOKEN, JSON.stringify({ ...emptyGenerate(), prompt: '@aurora on a beach' }));
      await stage.ui.getByRole('button', { name: 'Make a catalogue of several products' }).click();
      await stage.ui.getByLabel('Preset', { exact: true }).selectOption('Spring light');
      for (const name of ['@aurora', '@summit', 'on a quay', 'on a beach', '64 × 64', '80 × 56'])
        await stage.ui.getByRole('button', { name, exact: true }).click();
      await stage.ui.getByRole('button', { name: 'Make 8 pictures' }).waitFor();
    },
  },
  {
    name: 'catalogue',
    companion: () => {
      const running = { state: 'running', resumed: false } as const;
      return Object.assign(withLibrary(), {
        catalogues: [catalogueJob('job-of-cells', running, [0, 1, 2, 3, 4], [5])],
        pictures: (path: string) => {
          const number = /pictures\/(\d)/.exec(path);
          if (number === null) return undefined;
          const product = ['aurora', 'summit'][Math.floor(Number(number[1]) / 2) % 2]!;
          return example(`${product}/scene-0${1 + (Number(number[1]) % 2)}.png`);
        },
      });
    },
    act: async (stage, companion) => {
      await open(stage);
      const { ui } = stage;
      await ui.getByRole('button', { name: /^Catalogue:/ }).click();
      companion.send({
        ...{ type: 'progress', job: 'job-of-cells', phase: 'sampling', step: 12, steps: 30, fraction: 0.8 },
        ...{ secondsLeft: 9, picture: 6, count: 8 },
      });
      await ui.getByText('5 of 8 pictures, 1 failed').waitFor();
      await ui.getByAltText('aurora, on a beach, 96x64, seed 0').waitFor();
    },
  },
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
    name: 'teach-empty',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByRole('tab', { name: 'Teach' }).click();
    },
  },
  {
    name: 'teach-frames',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByRole('tab', { name: 'Teach' }).click();
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
      await stage.ui.getByRole('tab', { name: 'Teach' }).click();
      await selectFrames(stage);
      await stage.ui.getByLabel('Name').fill('Linea');
      await stage.ui.getByLabel('It is a').fill('sofa');
      await stage.ui.getByText('It has never seen a sofa.').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'teach-progress',
    companion: () => {
      const companion = withLibrary();
      companion.jobs = [teachJob('job-teaching', running)];
      return companion;
    },
    act: async (stage, companion) => {
      await open(stage);
      await stage.ui.getByText('@aurora').first().waitFor();
      for (let step = 1; step <= 182; step++) {
        const smoothedLoss =
          0.03 + 0.11 * Math.exp(-step / 45) + 0.006 * Math.sin(step * 1.7) * Math.cos(step / 3);
        companion.send({
          type: 'progress',
          job: 'job-teaching',
          phase: 'teaching',
          step,
          steps: 300,
          fraction: step / 310,
          secondsLeft: (300 - step) * 0.8,
          smoothedLoss,
        });
      }
      const payload = example('aurora/scene-02.png');
      companion.sendFrame({
        header: { kind: 'sample', job: 'job-teaching', step: 150, ...png(512) },
        payload,
      });
      await stage.ui.getByAltText('Sample after 150 steps').waitFor();
    },
  },
  taughtScene('teach-learned', 'looks-like', {
    sample: 'aurora/scene-02.png',
    words: /It works in every file/,
  }),
  taughtScene('teach-not-yet', 'not-yet', {
    sample: 'summit/scene-02.png',
    words: /^No picture yet looks like your frames\.$/,
  }),
  {
    name: 'teach-failed',
    companion: () => {
      const companion = withLibrary();
      companion.jobs = [teachJob('job-teaching', running)];
      return companion;
    },
    act: async (stage, companion) => {
      await open(stage);
      await stage.ui.getByText('@aurora').first().waitFor();
      const status = { ...outOfMemory, saved: { step: 182, steps: 300 } };
      companion.send({ type: 'job', job: teachJob('job-teaching', status) });
      await stage.ui.getByRole('button', { name: 'Continue' }).waitFor();
    },
  },
  {
    name: 'teach-advice',
    companion: () => {
      const companion = withLibrary();
      const small = 'The product is small: crop closer or export at 2x, so that 512 px show real detail.';
      const opaque =
        'Remove the background: then only the product is learned, and found again in new pictures.';
      const advice = [
        { frame: 1, severity: 'problem', text: small } as const,
        ...[0, 1, 3].map((frame) => ({ frame, severity: 'hint', text: opaque }) as const),
      ];
      companion.jobs = [{ ...teachJob('job-teaching', running), advice }];
      return companion;
    },
    act: async (stage, companion) => {
      await open(stage);
      await stage.ui.getByText('Frames 1, 2 and 4').waitFor();
      const pace = { step: 12, steps: 300, fraction: 0.06, secondsLeft: 250, smoothedLoss: 0.13 };
      companion.send({ type: 'progress', job: 'job-teaching', phase: 'teaching', ...pace });
      await stage.ui.getByText('Learning, 12 of 300').waitFor();
    },
  },
  {
    name: 'library',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByRole('tab', { name: 'Library' }).click();
      await stage.ui.getByLabel('Details of @aurora').click();
    },
  },
  {
    name: 'library-export',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByRole('tab', { name: 'Library' }).click();
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
      await stage.ui.getByRole('tab', { name: 'Library' }).click();
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
    name: 'teach-settings',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByRole('tab', { name: 'Teach' }).click();
      await selectFrames(stage);
      await stage.ui.getByText('More settings').click();
      await stage.ui.getByLabel('Steps').fill('500');
      await stage.ui.getByLabel('Also learn mirrored frames').check();
      await stage.ui.getByText('2 changed').waitFor();
    },
  },
  {
    name: 'away',
    companion: withLibrary,
    act: async (stage, companion) => {
      await open(stage);
      await stage.ui.getByRole('tab', { name: 'Library' }).click();
      companion.kill();
      await stage.ui.getByText('The companion does not answer').waitFor();
    },
  },
  {
    name: 'library-removed',
    companion: withLibrary,
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByRole('tab', { name: 'Library' }).click();
      for (const name of ['aurora', 'summit']) {
        await stage.ui.getByLabel(`Details of @${name}`).click();
        await stage.ui.getByRole('button', { name: 'Remove' }).click();
        await stage.ui.getByText(`Removed @${name}.`).waitFor();
      }
      await stage.ui.getByRole('region', { name: 'Recently removed' }).waitFor();
    },
  },
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
          ...{ isFrame: true, isLocked: false, isEmpty: false, pictures },
        },
        area: null,
      });
      await stage.ui.getByLabel('Prompt').fill('@aurora on a beach');
      await stage.ui.getByLabel('Fill this frame again').check();
      await stage.ui.getByLabel('Show the model').check();
      await stage.ui.locator('.fill-choice img').nth(2).waitFor();
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
      await stage.say({ type: 'layout', target: null, area });
      for (const { name } of area.layers) {
        await stage.ui.getByRole('button', { name: `Place in “${name}”` }).click();
      }
      await stage.ui.getByLabel('Keep the rest').check();
      await stage.say({ type: 'layout', target: null, area: null });
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
  {
    name: 'history',
    companion: () => {
      const companion = withLibrary();
      const waiting = (position: number) => ({ state: 'queued', position }) as const;
      companion.jobs = [
        teachJob('job-running-1', running, 'summit'),
        generateJob('job-waiting-1', waiting(0), { prompt: '@summit in the snow' }),
        generateJob('job-waiting-2', waiting(1), { prompt: '@aurora and @summit on a rug' }),
        generateJob('job-ended-1', { state: 'done' }, {}, [0.9, 0.8, 0.7, 0.9]),
        generateJob('job-ended-2', outOfMemory, {
          prompt: '@aurora on a wooden table, studio light, soft shadows',
        }),
        teachJob('job-ended-5', { ...outOfMemory, saved: { step: 240, steps: 300 } }, 'summit'),
        teachJob('job-ended-3', { state: 'cancelled', saved: { step: 182, steps: 300 } }),
        teachJob('job-ended-4', { state: 'done' }),
      ];
      return companion;
    },
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByRole('tab', { name: 'History' }).click();
      await stage.ui.locator('.strip img').nth(3).waitFor();
      await stage.ui.getByLabel('Remove Teach @aurora').click();
      await stage.ui.getByRole('button', { name: 'Undo' }).scrollIntoViewIfNeeded();
    },
  },
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
  {
    name: 'teach-backgrounds',
    companion: () => Object.assign(withLibrary(), { models: modelsWith('matting', { place: 'offered' }) }),
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByRole('tab', { name: 'Teach' }).click();
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
      await stage.ui.getByRole('tab', { name: 'Teach' }).click();
      await selectFrames(stage);
      await stage.ui.getByText('Getting background removal').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'teach-cut-outs',
    companion: () => Object.assign(withLibrary(), { cutOut: () => example('aurora/cutout-03.png') }),
    act: async (stage) => {
      await open(stage);
      await stage.ui.getByRole('tab', { name: 'Teach' }).click();
      await selectFrames(stage);
      await stage.ui.getByRole('button', { name: 'Remove its background' }).click();
      const asked = () => stage.sent.find((message) => message.type === 'export');
      while (asked() === undefined) await stage.page.waitForTimeout(20);
      const { exportId } = asked()!;
      const bytes = example('aurora/scene-03.png');
      await stage.say({ type: 'exported', exportId, nodeId: '1:2', name: 'On the shelf', bytes });
      await stage.say({ type: 'export-done', exportId, failed: [] });
      await stage.ui.getByText('Place it beside its frame').waitFor();
    },
  },
];

async function openModels(stage: Stage): Promise<void> {
  await open(stage);
  await stage.ui.getByTitle('Models').click();
  await stage.ui.getByText('To get', { exact: true }).waitFor();
}
