/** A companion that is away in the middle of work. */

import { describe, expect, it } from 'vitest';
import { browserPath } from '../../browser/installed-browser.ts';
import { generateJob, teachJob } from '../protocol-samples.ts';
import { useWorkplaces, type Workplace } from '../workplace.ts';

const running = { state: 'running', resumed: false } as const;
const pace = { step: 12, steps: 30, fraction: 0.4, secondsLeft: 60 };

describe.skipIf(browserPath === undefined)('while the companion is away', () => {
  const open = useWorkplaces();
  let work: Workplace;

  const button = (name: string) => work.stage.ui.getByRole('button', { name, exact: true });
  const notice = () => work.stage.ui.getByText('The companion does not answer');

  it('that is said in sight, wherever the view was scrolled to', async () => {
    work = await open({ companion: { jobs: [generateJob('job-variants', running)] } });
    await work.stage.ui.getByText('More settings').click();
    await work.stage.ui.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
    work.companion.kill();
    await notice().waitFor();
    await work.stage.ui.getByText('npm start').waitFor();
    const top = async () => (await notice().boundingBox())!.y;
    await expect.poll(top).toBeLessThan(120);
    expect(await top()).toBeGreaterThan(0);
  });

  it.each([
    ['pictures', generateJob('job-variants', running), 'sampling'],
    ['a teaching', teachJob('job-teaching', running), 'teaching'],
  ] as const)('%s pause, and nothing pretends to be cancelled', async (_, job, phase) => {
    work = await open({ companion: { jobs: [job] } });
    work.companion.send({ type: 'progress', job: job.job, phase, ...pace });
    await work.stage.ui.locator('main').getByText('about 1 min left').waitFor();
    work.companion.kill();
    await work.stage.ui.locator('main').getByText('Paused: the companion is away').waitFor();
    await expect.poll(() => work.stage.ui.getByText('min left').count()).toBe(0);
    await expect.poll(() => button('Cancel').isDisabled()).toBe(true);
  });

  it('one look finds it again, by one connection', async () => {
    work = await open();
    work.companion.kill();
    await button('Look again').waitFor();
    work.companion.isRunning = true;
    // At once: it is found by itself a moment later.
    await button('Look again').evaluate((look: HTMLElement) => {
      look.click();
      look.click();
    });
    await notice().waitFor({ state: 'detached' });
    await work.received('hello').toHaveLength(2);
  });
});
