/** Jobs of the queue and of the history: removed, continued, moved, cancelled. */

import { describe, expect, it } from 'vitest';
import { browserPath } from '../../browser/installed-browser.ts';
import { generateJob, teachJob } from '../protocol-samples.ts';
import { useWorkplaces } from '../workplace.ts';

const running = { state: 'running', resumed: false } as const;

describe.skipIf(browserPath === undefined)('who looks at the history', () => {
  const begin = useWorkplaces();

  it('undoes a removal from the history; it is deleted once the view is left', async () => {
    const jobs = ['a dune', 'a desk'].map((prompt, at) =>
      generateJob(`job-ended-${at}`, { state: 'done' }, { prompt }),
    );
    const { stage, companion, openTab, focused } = await begin({ companion: { jobs } });
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
    const { stage, companion, sent, received, openTab, focused } = await begin({
      companion: { jobs: [teachJob('job-stopped', stopped)] },
    });
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
    const { stage, companion, openTab } = await begin({ companion: { concepts: [], answers } });
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
    const { stage, received, openTab } = await begin({
      companion: {
        jobs: [teachJob('job-running', running), waiting('job-first-', 0), waiting('job-second', 1)],
      },
    });
    await openTab('History');
    await stage.ui.getByRole('button', { name: 'Earlier' }).nth(1).click();
    await received('move').toEqual([{ type: 'move', job: 'job-second', before: 'job-first-' }]);
    await stage.ui.getByRole('button', { name: 'Cancel number 0' }).click();
    await received('cancel').toEqual([{ type: 'cancel', job: 'job-first-' }]);
    await stage.ui.getByRole('button', { name: 'Clear waiting' }).click();
    await received('clear-waiting').toEqual([{ type: 'clear-waiting' }]);
  });
});
