/** What people do, step by step, in a real browser against a companion that plays its part. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../plugin/build.ts';
import type { UiToMain } from '../../plugin/messages.ts';
import { browserPath } from '../browser/installed-browser.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { CODE, FakeCompanion, TOKEN } from './fake-companion.ts';
import { concept, generateJob, teachJob } from './protocol-samples.ts';
import { openStage, type Stage } from './stage.ts';

const cutout = readFileSync(fileURLToPath(new URL('../../examples/aurora/cutout-01.png', import.meta.url)));
const running = { state: 'running', resumed: false } as const;

describe.skipIf(browserPath === undefined)('a person', () => {
  let browser: TestBrowser;
  let companion: FakeCompanion;
  let stage: Stage;

  beforeAll(async () => {
    await buildPlugin();
    browser = await startBrowser();
  });
  afterAll(() => browser.close());
  afterEach(() => stage.page.close());

  async function begin(part: Partial<FakeCompanion> = {}, pairing: string | null = TOKEN): Promise<void> {
    companion = Object.assign(
      new FakeCompanion(),
      { concepts: [concept({ name: 'aurora', hasThumbnail: false })] },
      part,
    );
    stage = await openStage(browser.context, 'light', companion);
    await stage.say({
      type: 'hello',
      command: 'open',
      pairing,
      draft: null,
      openBatches: [],
      waitingRows: [],
    });
  }
  const sent = <Type extends UiToMain['type']>(type: Type) =>
    expect.poll(() => stage.sent.filter((message) => message.type === type));
  const received = (type: string) =>
    expect.poll(() => companion.received.filter((message) => message.type === type));

  it('pairs with the code, and the token is kept', async () => {
    await begin({}, null);
    await stage.ui.getByLabel('Code', { exact: true }).pressSequentially(CODE);
    await stage.ui.getByRole('tab', { name: 'Generate' }).waitFor();
    await sent('store-pairing').toEqual([{ type: 'store-pairing', pairing: TOKEN }]);
  });

  it('moves between views with the arrow keys', async () => {
    await begin();
    await stage.ui.getByRole('tab', { name: 'Generate' }).focus();
    await stage.page.keyboard.press('ArrowRight');
    await stage.page.keyboard.press('ArrowRight');
    expect(await stage.ui.getByRole('tab', { name: 'Library' }).getAttribute('aria-selected')).toBe('true');
    expect(await stage.ui.getByRole('tabpanel').textContent()).toContain('@aurora');
  });

  it('mentions a concept with the keyboard alone, and generates', async () => {
    await begin();
    const prompt = stage.ui.getByLabel('Prompt');
    await prompt.pressSequentially('two of @au');
    await stage.ui.getByRole('option', { name: '@aurora' }).waitFor();
    await stage.page.keyboard.press('Enter');
    await expect.poll(() => prompt.inputValue()).toBe('two of @aurora ');
    await stage.page.keyboard.type('on a beach');
    await stage.page.keyboard.press('Control+Enter');
    await received('generate').toMatchObject([
      { prompt: 'two of @aurora on a beach', count: 4, mask: 'adaptive' },
    ]);
  });

  it('is told of a name that the library does not have', async () => {
    await begin();
    await stage.ui.getByLabel('Prompt').fill('@nothing on a beach');
    await stage.ui.getByText('The library has no @nothing').waitFor();
    expect(await stage.ui.getByRole('button', { name: /Generate/ }).isDisabled()).toBe(true);
  });

  it('teaches the selected frames', async () => {
    await begin();
    await stage.ui.getByRole('tab', { name: 'Teach' }).click();
    const frames = [{ nodeId: '1:1', name: 'Front', width: 256, height: 256 }];
    await stage.say({ type: 'selection', frames, record: null });
    await stage.ui.getByLabel('Name').fill('Night Lamp');
    await stage.ui.getByRole('button', { name: 'lamp', exact: true }).click();
    await stage.ui.getByRole('button', { name: 'Teach', exact: true }).click();
    await sent('export').toMatchObject([{ nodeIds: ['1:1'], longestSide: 256 }]);
    const { exportId } = stage.sent.find((message) => message.type === 'export')!;
    await stage.say({ type: 'exported', exportId, nodeId: '1:1', name: 'Front', bytes: cutout });
    await stage.say({ type: 'export-done', exportId, failed: [] });
    await received('teach').toMatchObject([{ name: 'night-lamp', classWord: 'lamp' }]);
    const [upload] = companion.uploads;
    expect(upload?.header).toMatchObject({ kind: 'upload', name: 'Front', mediaType: 'image/png' });
    expect(Buffer.from(upload!.payload).equals(cutout)).toBe(true);
  });

  it('finds the running job again after a reload', async () => {
    await begin({ jobs: [teachJob('job-teaching', { state: 'running', resumed: true })] });
    await stage.ui.getByText('Taken up where it stopped').waitFor();
    expect(await stage.ui.getByRole('tab', { name: 'Teach' }).getAttribute('aria-selected')).toBe('true');
    const points: [number, number][] = [
      [1, 0.9],
      [40, 0.3],
    ];
    companion.send({ type: 'learning-curve', job: 'job-teaching', points });
    await stage.ui.getByRole('img', { name: 'Learning curve' }).waitFor();
  });

  it('keeps the view when the companion is stopped, and goes on when it is back', async () => {
    await begin();
    await stage.ui.getByLabel('Prompt').fill('@aurora in the snow');
    companion.kill();
    await stage.ui.getByText('The companion does not answer').waitFor();
    companion.isRunning = true;
    await stage.ui.getByText('The companion does not answer').waitFor({ state: 'detached' });
    expect(await stage.ui.getByLabel('Prompt').inputValue()).toBe('@aurora in the snow');
  });

  it('sees previews and finals go to the canvas, with their record', async () => {
    await begin();
    await stage.ui.getByLabel('Prompt').fill('@aurora');
    await stage.ui.getByRole('button', { name: /Generate/ }).click();
    await received('generate').toHaveLength(1);
    const { job } = companion.received.find((message) => message.type === 'generate')!;
    companion.send({ type: 'job', job: generateJob(job, running, { count: 4 }) });
    await sent('open-batch').toMatchObject([{ jobId: job, width: 64, height: 64 }]);
    await stage.say({ type: 'batch', jobId: job, placeholders: 4 });
    const image = { job, picture: 0, mediaType: 'image/png', width: 64, height: 64 } as const;
    companion.sendFrame({ header: { kind: 'preview', step: 1, ...image }, payload: cutout });
    await sent('picture').toMatchObject([{ kind: 'preview', index: 0, record: null }]);
    await stage.say({ type: 'picture-done', jobId: job, index: 0, kind: 'preview', outcome: 'placed' });
    companion.sendFrame({ header: { kind: 'picture', seed: 7214, ...image }, payload: cutout });
    await sent('picture').toHaveLength(2);
    const last = stage.sent.findLast((message) => message.type === 'picture')!;
    expect(JSON.parse(last.record!)).toMatchObject({ format: 1, job, picture: 0, seed: 7214 });
    await stage.say({ type: 'picture-done', jobId: job, index: 0, kind: 'final', outcome: 'placed' });
    companion.send({ type: 'job', job: generateJob(job, { state: 'done' }, { count: 1 }, [0.9]) });
    await sent('close-batch').toEqual([{ type: 'close-batch', jobId: job }]);
  });

  it('starts from a variant’s button with the same seed', async () => {
    companion = Object.assign(new FakeCompanion(), { concepts: [] });
    stage = await openStage(browser.context, 'light', companion);
    const { request } = generateJob('job-a-0000', { state: 'done' }, { prompt: 'a mug' });
    const record = JSON.stringify({
      format: 1,
      job: 'job-a-0000',
      picture: 3,
      seed: 7217,
      request,
      concepts: [],
    });
    await stage.say({
      type: 'hello',
      command: 'reprompt',
      pairing: TOKEN,
      draft: null,
      openBatches: [],
      waitingRows: [],
    });
    const frames = [{ nodeId: '1:1', name: 'Variant', width: 64, height: 64 }];
    await stage.say({ type: 'selection', frames, record });
    const seed = stage.ui.getByLabel('Seed', { exact: true });
    await expect.poll(() => seed.inputValue()).toBe('7217');
    expect(await stage.ui.getByRole('button', { name: 'Keep this seed' }).getAttribute('aria-pressed')).toBe(
      'true',
    );
    // The field is focused once it is drawn.
    await expect.poll(() => stage.ui.evaluate(() => document.activeElement?.id)).toBe('prompt');
  });

  it('takes back a removed concept', async () => {
    await begin();
    await stage.ui.getByRole('tab', { name: 'Library' }).click();
    await stage.ui.getByLabel('Details of @aurora').click();
    await stage.ui.getByRole('button', { name: 'Remove' }).click();
    await stage.ui.getByText('Removed @aurora.').waitFor();
    await stage.ui.getByRole('button', { name: 'Take it back' }).click();
    await stage.ui.getByLabel('Details of @aurora').waitFor();
  });

  it('moves and cancels what waits', async () => {
    const waiting = (job: string, position: number) =>
      generateJob(job, { state: 'queued', position }, { prompt: `number ${position}` });
    await begin({
      jobs: [teachJob('job-running', running), waiting('job-first-', 0), waiting('job-second', 1)],
    });
    await stage.ui.getByRole('tab', { name: 'History' }).click();
    await stage.ui.getByRole('button', { name: 'Earlier' }).nth(1).click();
    await received('move').toEqual([{ type: 'move', job: 'job-second', before: 'job-first-' }]);
    await stage.ui.getByRole('button', { name: 'Cancel number 0' }).click();
    await received('cancel').toEqual([{ type: 'cancel', job: 'job-first-' }]);
  });
});
