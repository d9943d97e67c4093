/** Flows of people, step by step, in a real browser against a companion that plays its part. */

import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../plugin/build.ts';
import type { UiToMain } from '../../plugin/messages.ts';
import { browserPath } from '../browser/installed-browser.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { FakeCompanion } from './fake-companion.ts';
import { TOKEN } from './fake-gate.ts';
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
      draft: '{}',
      openBatches: [],
      waitingRows: [],
    });
  }
  const sent = <Type extends UiToMain['type']>(type: Type) =>
    expect.poll(() => stage.sent.filter((message) => message.type === type));
  const openTab = (name: string) => stage.ui.getByRole('tab', { name }).click();
  const received = (type: string) =>
    expect.poll(() => companion.received.filter((message) => message.type === type));

  it('pairs with the code, and the token is kept', async () => {
    await begin({}, null);
    await stage.ui.getByLabel('Code', { exact: true }).pressSequentially(companion.code);
    await stage.ui.getByRole('tab', { name: 'Generate' }).waitFor();
    await sent('store-pairing').toHaveLength(1);
    const [kept] = stage.sent.filter(({ type }) => type === 'store-pairing') as { pairing: string }[];
    expect(JSON.parse(kept!.pairing)).toEqual({
      format: 1,
      pairings: [{ companion: companion.id, token: expect.stringMatching(/^[\w-]{43}$/), port: 17653 }],
    });
  });

  it('who was paired with the version before needs no code, and the token is kept by companion from then on', async () => {
    await begin({}, TOKEN);
    await stage.ui.getByRole('tab', { name: 'Generate' }).waitFor();
    const pairings = [{ companion: companion.id, token: TOKEN, port: 17653 }];
    const pairing = JSON.stringify({ format: 1, pairings });
    await sent('store-pairing').toEqual([{ type: 'store-pairing', pairing }]);
  });

  it('moves between views with the arrow keys', async () => {
    await begin();
    await stage.ui.getByRole('tab', { name: 'Generate' }).focus();
    await stage.page.keyboard.press('ArrowRight');
    await stage.page.keyboard.press('ArrowRight');
    await expect
      .poll(() => stage.ui.getByRole('tab', { name: 'Library' }).getAttribute('aria-selected'))
      .toBe('true');
    await expect.poll(() => stage.ui.getByRole('tabpanel').textContent()).toContain('@aurora');
  });

  it('mentions a concept with the keyboard alone, and generates', async () => {
    await begin();
    const prompt = stage.ui.getByLabel('Prompt');
    await prompt.pressSequentially('two of @au');
    await stage.ui.getByRole('option', { name: '@aurora' }).waitFor();
    await stage.page.keyboard.press('Enter');
    await expect.poll(() => prompt.inputValue()).toBe('two of @aurora ');
    await stage.page.keyboard.type('on a beach');
    await received('prepare').toMatchObject([{ prompt: 'two of @aurora on a beach', mask: 'adaptive' }]);
    await stage.page.keyboard.press('Control+Enter');
    await received('generate').toMatchObject([
      { prompt: 'two of @aurora on a beach', count: 4, mask: 'adaptive' },
    ]);
  });

  it('is told of a name that the library does not have', async () => {
    await begin();
    await stage.ui.getByLabel('Prompt').fill('@nothing on a beach');
    await stage.ui.getByText('The library has no @nothing').waitFor();
    await expect.poll(() => stage.ui.getByRole('button', { name: /Generate/ }).isDisabled()).toBe(true);
  });

  it('mentions a concept in Japanese, without a space and with a full-width @', async () => {
    await begin();
    const prompt = stage.ui.getByLabel('Prompt');
    await prompt.fill('海辺の＠ａｕ');
    await prompt.press('End');
    await stage.ui.getByRole('option', { name: '@aurora' }).click();
    await expect.poll(() => prompt.inputValue()).toBe('海辺の@aurora ');
  });

  it('is told of syntax that is not read here, and what to do instead', async () => {
    await begin();
    await stage.ui.getByLabel('Prompt').fill('@aurora, (red:1.3) <lora:studio:1>');
    await stage.ui.getByText('“(red:1.3)” is read as plain words. Weights of words').waitFor();
    await stage.ui.getByText('“<lora:studio:1>” is read as plain words. A style is added once').waitFor();
    await stage.ui.getByLabel('Prompt').fill('@aurora, red');
    await expect.poll(() => stage.ui.getByText('is read as plain words').count()).toBe(0);
  });

  it('teaches the selected frames', async () => {
    const rights = { owner: 'Acme', licence: 'own use' };
    await begin({ concepts: [concept({ name: 'night-lamp', hasThumbnail: false, rights })] });
    await stage.ui.getByRole('tab', { name: 'Teach' }).click();
    const frames = [{ nodeId: '1:1', name: 'Front', width: 256, height: 256, isVariant: false }];
    await stage.say({ type: 'selection', frames, record: null });
    await stage.ui.getByLabel('Name').fill('Night Lamp');
    await stage.ui.getByRole('button', { name: 'lamp', exact: true }).click();
    await stage.ui.getByText('More settings').click();
    await stage.ui.getByText('Stays “Acme”.').waitFor();
    await stage.ui.getByLabel('Licence').fill('ads');
    await expect.poll(() => stage.ui.getByText('Stays “own use”.').count()).toBe(0);
    await stage.ui.getByRole('button', { name: 'Teach version 2 of @night-lamp', exact: true }).click();
    await sent('export').toMatchObject([{ nodeIds: ['1:1'], longestSide: 256 }]);
    const { exportId } = stage.sent.find((message) => message.type === 'export')!;
    await stage.say({ type: 'exported', exportId, nodeId: '1:1', name: 'Front', bytes: cutout });
    await stage.say({ type: 'export-done', exportId, failed: [] });
    await received('teach').toMatchObject([
      { name: 'night-lamp', classWord: 'lamp', rights: { licence: 'ads' } },
    ]);
    const [upload] = companion.uploads;
    expect(upload?.header).toMatchObject({ kind: 'upload', name: 'Front', mediaType: 'image/png' });
    expect(Buffer.from(upload!.payload).equals(cutout)).toBe(true);
  });

  it('finds the running job again after a reload', async () => {
    await begin({ jobs: [teachJob('job-teaching', { state: 'running', resumed: true })] });
    await stage.ui.getByText('Taken up where it stopped').waitFor();
    await expect
      .poll(() => stage.ui.getByRole('tab', { name: 'Teach' }).getAttribute('aria-selected'))
      .toBe('true');
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
    await expect.poll(() => stage.ui.getByLabel('Prompt').inputValue()).toBe('@aurora in the snow');
  });

  it('sees previews and finals go to the canvas, with their record', async () => {
    await begin();
    await stage.ui.getByLabel('Prompt').fill('@aurora');
    await stage.ui.getByRole('button', { name: /Generate/ }).click();
    await received('generate').toHaveLength(1);
    const { job } = companion.received.find((message) => message.type === 'generate')!;
    companion.send({ type: 'job', job: generateJob(job, running, { count: 4 }) });
    await sent('open-batch').toMatchObject([{ jobId: job, width: 320, height: 320 }]);
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
      draft: '{}',
      openBatches: [],
      waitingRows: [],
    });
    const frames = [{ nodeId: '1:1', name: 'Variant', width: 64, height: 64, isVariant: true }];
    await stage.say({ type: 'selection', frames, record });
    const seed = stage.ui.getByLabel('Seed', { exact: true });
    await expect.poll(() => seed.inputValue()).toBe('7217');
    await expect
      .poll(() => stage.ui.getByRole('button', { name: 'Keep this seed' }).getAttribute('aria-pressed'))
      .toBe('true');
    // The field is focused once it is drawn.
    await expect.poll(() => stage.ui.evaluate(() => document.activeElement?.id)).toBe('prompt');
  });

  const focused = () => expect.poll(() => stage.ui.evaluate(() => document.activeElement?.textContent));

  it('restores a removed concept, at once and after the plugin was closed', async () => {
    await begin();
    await openTab('Library');
    const remove = async () => {
      await stage.ui.getByLabel('Details of @aurora').click();
      await stage.ui.getByRole('button', { name: 'Remove' }).click();
      await stage.ui.getByText('Removed @aurora.').waitFor();
    };
    await remove();
    await focused().toBe('Restore');
    await stage.page.keyboard.press('Enter');
    await stage.ui.getByLabel('Details of @aurora').waitFor();
    await focused().toContain('@aurora');
    await stage.ui.getByLabel('Details of @aurora').click();
    await remove();
    await stage.page.close();
    stage = await openStage(browser.context, 'light', companion);
    await stage.say({
      type: 'hello',
      command: 'open',
      pairing: TOKEN,
      draft: '{}',
      openBatches: [],
      waitingRows: [],
    });
    await openTab('Library');
    const kept = stage.ui.getByRole('region', { name: 'Recently removed' });
    await kept.getByText('mug · 30 days left').waitFor();
    await kept.getByRole('button', { name: 'Restore @aurora' }).click();
    await stage.ui.getByLabel('Details of @aurora').waitFor();
    await kept.waitFor({ state: 'detached' });
  });

  it('takes a concept to another program, and is told what to write there', async () => {
    await begin();
    await openTab('Library');
    await stage.ui.getByLabel('Details of @aurora').click();
    await stage.ui.getByText('Export', { exact: true }).click();
    await stage.ui.getByText('Write "zqx mug" in kohya.').waitFor();
    await stage.ui.getByLabel('For', { exact: true }).selectOption('diffusers');
    await stage.ui.getByText('Write "zqx mug" in diffusers.').waitFor();
    const coming = stage.page.waitForEvent('download');
    await stage.ui.getByRole('button', { name: 'Download for diffusers' }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toBe('aurora-diffusers.safetensors');
    expect(await text(await download.createReadStream())).toBe('aurora for diffusers');
  });

  it('chooses the halves of guidance, and is told where a negative prompt has no effect', async () => {
    await begin();
    await stage.ui.getByLabel('Prompt').fill('@aurora on a beach');
    await stage.ui.getByText('More settings').click();
    await stage.ui.getByLabel('Leave out').fill('blurry');
    await stage.ui.getByLabel('Guidance', { exact: true }).fill('1');
    await stage.page.keyboard.press('Tab');
    await stage.ui.getByText('has no effect at guidance 1').waitFor();
    await stage.ui.getByLabel('Concepts act in').selectOption('both');
    await stage.page.keyboard.press('Control+Enter');
    await received('generate').toMatchObject([
      { guidanceScale: 1, negativePrompt: 'blurry', guidanceResidual: 'both' },
    ]);
  });

  it('puts a style and an accelerator into the model, whose settings count', async () => {
    const style = { kind: null, architecture: 'stable-diffusion-v1', fits: true, weight: 0.8, brings: null };
    const brings = { steps: 4, guidanceScale: 1, guidanceMax: 1, sampler: 'euler (trailing)' };
    await begin({
      loras: [
        { name: 'brand', ...style },
        { name: 'fast', ...style, weight: 1, kind: 'lightning-4', brings },
        { name: 'xl', ...style, fits: false },
      ],
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

  it('saves a concept, and is told so', async () => {
    const rights = { owner: 'Northlight', licence: 'campaigns' };
    await begin({
      concepts: [
        concept({ name: 'aurora', hasThumbnail: false, referenceCount: 1, rights }),
        concept({ name: 'summit', hasThumbnail: false }),
      ],
    });
    await openTab('Library');
    await stage.ui.getByText('campaigns').waitFor();
    await stage.ui.getByLabel('Details of @aurora').click();
    await stage.ui.getByText('1 frame ·').waitFor();
    const save = stage.ui.getByRole('button', { name: 'Save' });
    await expect.poll(() => save.isDisabled()).toBe(true);
    await stage.ui.getByLabel('Note').fill('until spring');
    await openTab('History');
    await openTab('Library');
    await expect.poll(() => stage.ui.getByLabel('Note').inputValue()).toBe('until spring');
    await save.click();
    await stage.ui.getByText('Saved', { exact: true }).waitFor();
    await stage.ui.getByText('@aurora is saved.').waitFor();
    expect(companion.concepts[0]!.rights).toEqual({ ...rights, note: 'until spring' });
    await expect.poll(() => save.isDisabled()).toBe(true);
    await focused().toBe('Save');
  });

  it('goes back to an older version of a concept', async () => {
    await begin({ concepts: [concept({ name: 'aurora', hasThumbnail: false, version: 2 })] });
    await openTab('Library');
    await stage.ui.getByLabel('Details of @aurora').click();
    await stage.ui.getByRole('button', { name: 'Use this version, 1' }).click();
    await stage.ui.getByText('The prompt uses version 1 of @aurora').waitFor();
    await stage.ui.getByLabel('Prompt').fill('@aurora at night');
    await stage.ui.getByRole('button', { name: /Generate/ }).click();
    const concepts = [{ id: 'concept-aurora', name: 'aurora', version: 1 }];
    await received('generate').toMatchObject([{ prompt: '@aurora at night', concepts }]);
  });

  it('is told at the name that it is taken, known or not', async () => {
    await begin({
      takenName: 'summit-pack',
      concepts: ['aurora', 'summit'].map((name) => concept({ name, hasThumbnail: false })),
    });
    await openTab('Library');
    await stage.ui.getByLabel('Details of @aurora').click();
    const name = stage.ui.getByLabel('Name');
    const hint = () => name.evaluate((field) => field.parentElement?.textContent);
    await name.fill('summit');
    await expect.poll(hint).toContain('@summit is taken');
    await expect.poll(() => stage.ui.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await name.fill('Summit Pack');
    await stage.ui.getByRole('button', { name: 'Save' }).click();
    await expect.poll(hint).toContain('@summit-pack is taken');
    await expect.poll(() => stage.ui.getByRole('alert').count()).toBe(0);
  });

  it('undoes a removal from the history; it is deleted once the view is left', async () => {
    const jobs = ['a dune', 'a desk'].map((prompt, at) =>
      generateJob(`job-ended-${at}`, { state: 'done' }, { prompt }),
    );
    await begin({ jobs });
    await openTab('History');
    const [dune, desk] = [stage.ui.getByLabel('Remove a dune'), stage.ui.getByLabel('Remove a desk')];
    const { y } = (await desk.boundingBox())!;
    await dune.click();
    await stage.ui.getByText('Removed “a dune”.').waitFor();
    await focused().toBe('Undo');
    // The next row stays where it is: a second click there is meant for it.
    await expect.poll(async () => Math.abs((await desk.boundingBox())!.y - y)).toBeLessThan(12);
    await stage.page.keyboard.press('Enter');
    await expect.poll(() => dune.evaluate((button) => button === document.activeElement)).toBe(true);
    await dune.click();
    const deletions = () => companion.requests.filter((request) => request.startsWith('DELETE'));
    expect(deletions()).toEqual([]);
    await openTab('Generate');
    await expect.poll(deletions).toEqual(['DELETE /api/jobs/job-ended-0']);
    await openTab('History');
    await desk.waitFor();
    await expect.poll(() => dune.count()).toBe(0);
  });

  it('continues or discards a teaching that was stopped', async () => {
    const stopped = { state: 'cancelled', saved: { step: 182, steps: 300 } } as const;
    await begin({ jobs: [teachJob('job-stopped', stopped)] });
    await openTab('History');
    await stage.ui.getByText('Stopped at 182 of 300 steps').waitFor();
    await stage.ui.getByRole('button', { name: 'Discard' }).click();
    await focused().toBe('Undo');
    await stage.page.keyboard.press('Enter');
    await focused().toBe('Discard');
    await stage.ui.getByRole('button', { name: 'Continue' }).click();
    await received('resume').toEqual([{ type: 'resume', job: 'job-stopped' }]);
    companion.send({ type: 'job', job: teachJob('job-stopped', { state: 'running', resumed: true }) });
    await stage.ui.getByRole('region', { name: 'Queue' }).getByText('Teach @aurora').waitFor();
    companion.send({ type: 'job', job: teachJob('job-stopped', stopped) });
    await sent('notify').toMatchObject([{ text: 'Stopped. Continue it from History' }]);
  });

  it('is told that there is nothing only once it is known', async () => {
    let answer = () => {};
    const answers = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await begin({ concepts: [], answers });
    await openTab('Library');
    await openTab('History');
    await expect.poll(() => companion.requests).toContain('GET /api/jobs');
    await expect.poll(() => stage.ui.getByText(/Nothing here|No concepts/).count()).toBe(0);
    answer();
    await stage.ui.getByText('for 180 days: the newest 2,000 jobs, and 4 GB of pictures and').waitFor();
    await openTab('Library');
    await stage.ui.getByText('No concepts yet').waitFor();
    companion.kill();
    await stage.ui.getByText('The companion is away').waitFor();
    await expect.poll(() => stage.ui.getByText('No concepts yet').count()).toBe(0);
    await openTab('History');
    await stage.ui.getByText('The companion is away').waitFor();
    await expect.poll(() => stage.ui.getByText('Nothing here yet').count()).toBe(0);
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
    await stage.ui.getByRole('button', { name: 'Clear waiting' }).click();
    await received('clear-waiting').toEqual([{ type: 'clear-waiting' }]);
  });
});
