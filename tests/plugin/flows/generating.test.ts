/** Pictures from the panel to the canvas, and the settings that they are made with. */

import { describe, expect, it } from 'vitest';
import { browserPath } from '../../browser/installed-browser.ts';
import { examplePicture } from '../example-pictures.ts';
import { generateJob, modelsSample } from '../protocol-samples.ts';
import { useWorkplaces } from '../workplace.ts';

const cutOut = examplePicture('aurora/cutout-01.png');
const running = { state: 'running', resumed: false } as const;

describe.skipIf(browserPath === undefined)('who generates', () => {
  const begin = useWorkplaces();

  it('sees pictures of a job under way that were made before the panel was opened', async () => {
    const job = generateJob('job-under-way', running, { count: 3 }, [0.9]);
    const { stage, companion, received } = await begin({ companion: { jobs: [job] } });
    await received('resend').toEqual([{ type: 'resend', job: 'job-under-way' }]);
    const header = { kind: 'picture', job: 'job-under-way', picture: 0, seed: 1 } as const;
    const size = { mediaType: 'image/png', width: 64, height: 64 } as const;
    companion.sendFrame({ header: { ...header, ...size }, payload: examplePicture('aurora/scene-01.png') });
    await stage.ui.locator('.tiles img').waitFor();
  });

  it('sees previews and finals go to the canvas, with their record', async () => {
    const { stage, companion, sent, received } = await begin();
    await stage.ui.getByLabel('Prompt').fill('@aurora');
    await stage.ui.getByRole('button', { name: /Generate/ }).click();
    await received('generate').toHaveLength(1);
    const { job } = companion.received.find((message) => message.type === 'generate')!;
    companion.send({ type: 'job', job: generateJob(job, running, { count: 4 }) });
    await sent('open-batch').toMatchObject([{ jobId: job, width: 320, height: 320 }]);
    await stage.say({ type: 'batch', jobId: job, placeholders: 4 });
    const image = { job, picture: 0, mediaType: 'image/png', width: 64, height: 64 } as const;
    companion.sendFrame({ header: { kind: 'preview', step: 1, ...image }, payload: cutOut });
    await sent('picture').toMatchObject([{ kind: 'preview', index: 0, record: null }]);
    await stage.say({ type: 'picture-done', jobId: job, index: 0, kind: 'preview', outcome: 'placed' });
    companion.sendFrame({ header: { kind: 'picture', seed: 7214, ...image }, payload: cutOut });
    await sent('picture').toHaveLength(2);
    const last = stage.sent.findLast((message) => message.type === 'picture')!;
    expect(JSON.parse(last.record!)).toMatchObject({ format: 1, job, picture: 0, seed: 7214 });
    await stage.say({ type: 'picture-done', jobId: job, index: 0, kind: 'final', outcome: 'placed' });
    companion.send({ type: 'job', job: generateJob(job, { state: 'done' }, { count: 1 }, [0.9]) });
    await sent('close-batch').toEqual([{ type: 'close-batch', jobId: job }]);
  });

  it('starts from a variant’s button with the same seed', async () => {
    const { request } = generateJob('job-a-0000', { state: 'done' }, { prompt: 'a mug' });
    const record = JSON.stringify({
      format: 1,
      job: 'job-a-0000',
      picture: 3,
      seed: 7217,
      request,
      concepts: [],
    });
    const { stage } = await begin({ companion: { concepts: [] }, command: 'reprompt', record });
    const seed = stage.ui.getByLabel('Seed', { exact: true });
    await expect.poll(() => seed.inputValue()).toBe('7217');
    await expect
      .poll(() => stage.ui.getByRole('button', { name: 'Keep this seed' }).getAttribute('aria-pressed'))
      .toBe('true');
    // The field is focused once it is drawn.
    await expect.poll(() => stage.ui.evaluate(() => document.activeElement?.id)).toBe('prompt');
  });

  it('chooses the halves of guidance, and is told where a negative prompt has no effect', async () => {
    const { stage, received } = await begin();
    await stage.ui.getByLabel('Prompt').fill('@aurora on a beach');
    await stage.ui.getByText('More settings').click();
    // At guidance 1 there is nothing to choose.
    await stage.ui.getByLabel('Acts in').selectOption('both');
    await stage.ui.getByLabel('Leave out').fill('blurry');
    await stage.ui.getByLabel('Guidance', { exact: true }).fill('1');
    await stage.page.keyboard.press('Tab');
    await stage.ui.getByText('has no effect at guidance 1').waitFor();
    await stage.ui.getByLabel('Leave out').press('Control+Enter');
    await received('generate').toMatchObject([
      { guidanceScale: 1, negativePrompt: 'blurry', guidanceResidual: 'both' },
    ]);
  });

  it('chooses the precision, where the device works in both', async () => {
    const { stage, received } = await begin({
      companion: { models: { ...modelsSample, precisions: ['fp32', 'fp16'] } },
    });
    await stage.ui.getByLabel('Prompt').fill('@aurora on a beach');
    await stage.ui.getByText('More settings').click();
    await stage.ui.getByLabel('Precision').selectOption('fp16');
    await stage.ui.getByText('1 changed').waitFor();
    await stage.page.keyboard.press('Control+Enter');
    await received('generate').toMatchObject([{ precision: 'fp16' }]);
  });

  it('puts a style and an accelerator into the model, whose settings count', async () => {
    const style = { kind: null, architecture: 'stable-diffusion-v1', fits: true, weight: 0.8, brings: null };
    const brings = { steps: 4, guidanceScale: 1, guidanceMax: 1, sampler: 'euler (trailing)' };
    const { stage, received } = await begin({
      companion: {
        loras: [
          { name: 'brand', ...style },
          { name: 'fast', ...style, weight: 1, kind: 'lightning-4', brings },
          { name: 'xl', ...style, fits: false },
        ],
      },
    });
    await stage.ui.getByLabel('Prompt').fill('@aurora on a beach');
    await stage.ui.getByText('More settings').click();
    const choice = stage.ui.getByLabel('Style', { exact: true });
    await expect
      .poll(() => choice.locator('option').allTextContents())
      .toEqual(['None – the model’s own', 'brand', 'fast – 4 steps']);
    await choice.selectOption('brand');
    await choice.selectOption('fast');
    await stage.ui.getByLabel('brand', { exact: true }).fill('1.2');
    await stage.ui.getByText('Makes pictures in 4 steps, with guidance 1').waitFor();
    await stage.ui.getByPlaceholder('Recommended: 4').waitFor();
    await stage.ui.getByPlaceholder('Recommended: 1').waitFor();
    await stage.ui.getByText('1 changed').waitFor();
    await stage.page.keyboard.press('Control+Enter');
    const loras = [
      { name: 'brand', weight: 1.2 },
      { name: 'fast', weight: 1 },
    ];
    await received('generate').toMatchObject([{ loras }]);
    await stage.ui.getByLabel('Without fast').click();
    await stage.ui.getByPlaceholder('Recommended: 30').waitFor();
  });
});
