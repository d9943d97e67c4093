/** One teaching after the other. */

import { describe, expect, it } from 'vitest';
import { browserPath } from '../../browser/installed-browser.ts';
import { examplePicture } from '../example-pictures.ts';
import { concept, taughtJob, teachJob, welcome } from '../protocol-samples.ts';
import { useWorkplaces, type Workplace } from '../workplace.ts';

const cutOut = examplePicture('aurora/cutout-01.png');
const running = { state: 'running', resumed: false } as const;

describe.skipIf(browserPath === undefined)('teaching', () => {
  const open = useWorkplaces();
  let work: Workplace;

  const button = (name: string) => work.stage.ui.getByRole('button', { name, exact: true });
  const name = () => work.stage.ui.getByLabel('Name', { exact: true });

  async function select(...nodeIds: readonly string[]): Promise<void> {
    const frames = nodeIds.map((nodeId) => ({
      ...{ nodeId, name: nodeId, width: 256, height: 256 },
      isVariant: false,
    }));
    await work.stage.say({ type: 'selection', frames, record: null });
  }

  async function fillForm(product: string): Promise<void> {
    await work.openTab('Teach');
    await select('1:1');
    await name().fill(product);
    await work.stage.ui.getByLabel('It is a').fill('mug');
  }

  async function giveFrame(): Promise<void> {
    await work.sent('export').toMatchObject([{ nodeIds: ['1:1'], longestSide: 256 }]);
    const { exportId } = work.stage.sent.find((message) => message.type === 'export')!;
    await work.stage.say({ type: 'exported', exportId, nodeId: '1:1', name: 'Front', bytes: cutOut });
    await work.stage.say({ type: 'export-done', exportId, failed: [] });
  }

  /** Presses the button by the keyboard; the id of the job that comes of it. */
  async function start(): Promise<string> {
    const before = work.companion.received.length;
    await button('Teach').press('Enter');
    await giveFrame();
    const teach = () => work.companion.received.slice(before).find((message) => message.type === 'teach');
    await expect.poll(teach).toBeDefined();
    return teach()!.job;
  }

  it('sends the selected frames as they were exported', async () => {
    const rights = { owner: 'Acme', licence: 'own use' };
    const concepts = [concept({ name: 'night-lamp', hasThumbnail: false, rights })];
    work = await open({ companion: { concepts } });
    const { ui } = work.stage;
    await work.openTab('Teach');
    await select('1:1');
    await name().fill('Night Lamp');
    await button('lamp').click();
    await ui.getByText('More settings').click();
    await ui.getByText('Stays “Acme”.').waitFor();
    await ui.getByLabel('Licence').fill('ads');
    await ui.getByText('Stays “own use”.').waitFor({ state: 'detached' });
    await button('Teach version 2 of @night-lamp').click();
    await giveFrame();
    await work
      .received('teach')
      .toMatchObject([{ name: 'night-lamp', classWord: 'lamp', rights: { licence: 'ads' } }]);
    const [upload] = work.companion.uploads;
    expect(upload?.header).toMatchObject({ kind: 'upload', name: 'Front', mediaType: 'image/png' });
    expect(Buffer.from(upload!.payload).equals(cutOut)).toBe(true);
  });

  it('that runs is found again after a reload, with its curve', async () => {
    const resumed = { state: 'running', resumed: true } as const;
    work = await open({ companion: { jobs: [teachJob('job-teaching', resumed)] } });
    await work.stage.ui.getByText('Taken up where it stopped').waitFor();
    await work.stage.ui.getByRole('tab', { name: 'Teach', selected: true }).waitFor();
    const points: [number, number][] = [
      [1, 0.9],
      [40, 0.3],
    ];
    work.companion.send({ type: 'learning-curve', job: 'job-teaching', points });
    await work.stage.ui.getByRole('img', { name: 'Learning curve' }).waitFor();
  });

  it('moves the focus to the product, at the start and at the end', async () => {
    work = await open();
    await fillForm('lamp');
    const job = await start();
    work.companion.send({ type: 'job', job: teachJob(job, running, 'lamp') });
    await work.focused().toBe('@lamp');
    await button('Cancel').focus();
    work.companion.send({ type: 'job', job: teachJob(job, { state: 'done' }, 'lamp') });
    await work.focused().toBe('@lamp');
    await button('Back to the frames').press('Enter');
    await work.focused().toBe('1 frame');
  });

  it('clears the name, and another one is prepared meanwhile', async () => {
    work = await open();
    await fillForm('lamp');
    const job = await start();
    work.companion.send({ type: 'job', job: teachJob(job, running, 'lamp') });
    await button('Teach another').click();
    await expect.poll(() => name().inputValue()).toBe('');
    await work.stage.ui.getByText('Give it a name').waitFor();
    // A connection that comes back leaves the form where it is.
    work.companion.jobs = [teachJob(job, running, 'lamp')];
    work.companion.kill();
    await work.stage.ui.getByText('does not answer').waitFor();
    work.companion.isRunning = true;
    await work.stage.ui.getByText('does not answer').waitFor({ state: 'detached' });
    await name().waitFor();
  });

  it('of a taken name says which version it will be, those under way included', async () => {
    work = await open();
    await fillForm('aurora');
    await button('Teach version 2 of @aurora').waitFor();
    work.companion.send({ type: 'job', job: teachJob('job-teaching', running) });
    await button('Teach version 3 of @aurora').waitFor();
  });

  it('gives way to the form for frames that are selected after it', async () => {
    work = await open();
    await fillForm('lamp');
    const job = await start();
    work.companion.send({ type: 'job', job: teachJob(job, { state: 'done' }, 'lamp') });
    await work.stage.ui.getByText(/^Learned in/).waitFor();
    await select();
    await work.stage.ui.getByText(/^Learned in/).waitFor();
    await select('2:1', '2:2');
    await work.stage.ui.getByText('2 frames').waitFor();
  });

  it('that failed leaves its name in the form', async () => {
    work = await open();
    await fillForm('lamp');
    const job = await start();
    const failed = { state: 'failed', code: 'engine', message: 'it stopped', advice: 'Again.' } as const;
    work.companion.send({ type: 'job', job: teachJob(job, failed, 'lamp') });
    await button('Back to the frames').click();
    await expect.poll(() => name().inputValue()).toBe('lamp');
  });

  it('that failed is continued from what was kept, by the keyboard', async () => {
    const saved = { step: 182, steps: 300 };
    const failed = {
      state: 'failed',
      code: 'engine',
      message: 'it stopped',
      advice: 'Again.',
      saved,
    } as const;
    work = await open({ companion: { jobs: [teachJob('job-teaching', running)] } });
    work.companion.send({ type: 'job', job: teachJob('job-teaching', failed) });
    await work.stage.ui.getByRole('alert').getByText('The work stopped in the middle').waitFor();
    await work.stage.ui.getByText('Kept 182 of 300 steps.').first().waitFor();
    // Nothing is promised that a failed one does not bring.
    await expect.poll(() => work.stage.ui.getByText('A sample appears').count()).toBe(0);
    await button('Continue').press('Enter');
    await work.received('resume').toEqual([{ type: 'resume', job: 'job-teaching' }]);
    const resumed = { state: 'running', resumed: true } as const;
    work.companion.send({ type: 'job', job: teachJob('job-teaching', resumed) });
    await work.stage.ui.getByText('Taken up where it stopped').waitFor();
    await work.focused().toBe('@aurora');
    const gone = {
      state: 'failed',
      code: 'saved-run',
      message: 'what was saved is damaged',
      advice: 'Select the frames and teach again: it starts anew.',
    } as const;
    work.companion.send({ type: 'job', job: teachJob('job-teaching', gone) });
    await work.stage.ui.getByText('what was saved is damaged').waitFor();
    await expect.poll(() => button('Continue').count()).toBe(0);
    await button('Back to the frames').waitFor();
  });

  it('that failed says in the history what failed, and is continued or discarded there', async () => {
    const saved = { step: 182, steps: 300 };
    const failed = {
      state: 'failed',
      code: 'memory',
      message: 'full',
      advice: 'Close others.',
      saved,
    } as const;
    work = await open({ companion: { jobs: [teachJob('job-teaching', failed)] } });
    await work.openTab('History');
    await work.stage.ui.getByText('There is not enough memory. Close others.').waitFor();
    await work.stage.ui.getByText('Kept 182 of 300 steps').waitFor();
    await button('Discard').waitFor();
    await button('Continue').click();
    await work.received('resume').toEqual([{ type: 'resume', job: 'job-teaching' }]);
  });

  it('says why it is slow while memory is short, and only then', async () => {
    work = await open({ companion: { jobs: [teachJob('job-teaching', running)] } });
    const tell = (step: number, slowed: { slowedBy?: 'memory' }) => {
      const pace = { step, steps: 300, fraction: step / 310, secondsLeft: 900 };
      work.companion.send({ type: 'progress', job: 'job-teaching', phase: 'teaching', ...pace, ...slowed });
    };
    const reason = work.stage.ui.getByText('little memory is free');
    tell(1, { slowedBy: 'memory' });
    await reason.waitFor();
    tell(2, {});
    await reason.waitFor({ state: 'detached' });
  });

  it('shows its curve in words', async () => {
    work = await open({ companion: { jobs: [teachJob('job-teaching', running)] } });
    const curve = async (last: number, text: string) => {
      const points: [number, number][] = [
        [1, 0.5],
        [40, last],
      ];
      work.companion.send({ type: 'learning-curve', job: 'job-teaching', points });
      await expect.poll(() => work.stage.ui.locator('figure').textContent()).toBe(text);
    };
    await curve(0.3, 'The error falls as it learns.');
    await curve(0.6, 'The error goes up and down: the sample tells more.');
  });

  it('that learned says so, and offers what it learned', async () => {
    work = await open({ companion: { jobs: [teachJob('job-teaching', running)] } });
    work.companion.send({ type: 'job', job: taughtJob('job-teaching', 'looks-like') });
    await work.stage.ui.getByText('Learned in 3 min. It works in every file you open.').waitFor();
    await expect.poll(() => work.stage.ui.locator('.done').count()).toBe(1);
    await work.sent('notify').toMatchObject([{ text: '@aurora is ready to use' }]);
    await button('Use @aurora').waitFor();
  });

  it('that no picture looks like is no success, in the panel and on the canvas', async () => {
    work = await open({
      companion: {
        jobs: [teachJob('job-teaching', running)],
        model: { ...welcome.model, isDemonstration: true },
      },
    });
    work.companion.send({ type: 'job', job: taughtJob('job-teaching', 'not-yet') });
    await work.stage.ui.getByText('No picture yet looks like your frames.', { exact: true }).waitFor();
    await work.stage.ui.getByText('a full-size model draws your product').waitFor();
    await button('Choose a model…').waitFor();
    await expect.poll(() => work.stage.ui.getByText(/^Learned in/).count()).toBe(0);
    await expect.poll(() => work.stage.ui.locator('.done').count()).toBe(0);
    await work.sent('notify').toMatchObject([{ text: '@aurora: no picture yet looks like your frames' }]);
    await button('Back to the frames').click();
    await expect.poll(() => name().inputValue()).toBe('aurora');
  });
});
