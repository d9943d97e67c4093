/** Responsiveness of the plugin: its first paint, and the first preview on the canvas. */

import { BenchTable } from '../../tests/e2e/bench-table.ts';
import type { StudioDriver } from '../../tests/e2e/studio-driver.ts';
import type { PluginFigures } from '../plugin-in-browser.ts';

type Responsiveness = Pick<PluginFigures, 'firstPaintMs' | 'previewMs'>;

/** Enough that the job is still under way when its first preview comes. */
const STEPS = 40;

/** Milliseconds since 1970 on one clock for all frames of the page. */
interface Marks {
  firstStepAt: number | undefined;
  pictureAt: number | undefined;
}

/** The real companion with the embedded model. */
export async function measureResponsiveness(rounds: number): Promise<Responsiveness> {
  const table = await BenchTable.set();
  try {
    await table.context.addInitScript(watchSteps);
    const studio = await table.openStudio();
    await studio.pair(table.companion.code);
    const firstPaintMs: number[] = [];
    for (let round = 0; round < rounds; round++) firstPaintMs.push(await firstPaint(studio));
    const previewMs: number[] = [];
    for (let round = 0; round < rounds; round++) previewMs.push(await firstPreview(studio, round));
    return { firstPaintMs, previewMs };
  } finally {
    await table.clear();
  }
}

/** Runs in every frame before its own scripts: notes when a job's first step is told. */
function watchSteps(): void {
  const marks = window as unknown as Marks;
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(address: string | URL) {
      super(address);
      this.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (typeof data !== 'string' || !data.includes('"sampling"')) return;
        marks.firstStepAt ??= performance.timeOrigin + performance.now();
      });
    }
  };
}

async function firstPaint({ page, plugin }: StudioDriver): Promise<number> {
  const startedAt = await page.getByRole('button', { name: 'Restart the plugin' }).evaluate((button) => {
    const now = performance.timeOrigin + performance.now();
    (button as HTMLButtonElement).click();
    return now;
  });
  await plugin.getByRole('tab', { name: 'Generate' }).waitFor();
  const paintedAt = await plugin.locator('body').evaluate(() => {
    const [entry] = performance.getEntriesByName('first-contentful-paint');
    return performance.timeOrigin + entry!.startTime;
  });
  return paintedAt - startedAt;
}

async function firstPreview(studio: StudioDriver, round: number): Promise<number> {
  const { page, plugin } = studio;
  // No function in here gets a name: the loader would mark it with a call that the page does not know.
  await page.evaluate((placedBefore) => {
    const marks = window as unknown as Marks;
    marks.pictureAt = undefined;
    new MutationObserver((_, observer) => {
      if (document.querySelectorAll('[role=option][data-picture]').length <= placedBefore) return;
      marks.pictureAt = performance.timeOrigin + performance.now();
      observer.disconnect();
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  }, round);
  await plugin.locator('body').evaluate(() => {
    (window as unknown as Marks).firstStepAt = undefined;
  });
  await studio.generate({ prompt: `a mug, round ${round}`, count: 1, steps: STEPS });
  await studio.variantsDone();
  const firstStepAt = await plugin.locator('body').evaluate(() => (window as unknown as Marks).firstStepAt!);
  const pictureAt = await page.evaluate(() => (window as unknown as Marks).pictureAt!);
  return pictureAt - firstStepAt;
}
