/** Four finished pictures of 1024 px come through the real server, plugin and studio onto the canvas. */

import { openBrowser, openProfile } from '../../tests/e2e/headless-browser.ts';
import { StudioDriver } from '../../tests/e2e/studio-driver.ts';
import type { LongestTask, PluginThread } from '../plugin-in-browser.ts';
import { startPictureCompanion } from './picture-companion.ts';
import { longestTasks, START_MARK, TRACE_CATEGORIES } from './thread-tasks.ts';

const SIDE = 1024;
const COUNT = 4;
/** Between two looks at the canvas, each a short task of its own on the page's thread. */
const LOOK_MS = 1_000;
/** Decoding, drawing and storing go on after the last picture is said to be there. */
const AFTERMATH_MS = 1_500;
/** Chromium writes down what there is when a trace begins, on the threads that are watched. */
const TRACE_START_MS = 1_500;

type Longest = Readonly<Record<PluginThread, LongestTask>>;

/** The longest tasks of each round. Compiling and the like fall on the first, as they do for a person. */
export async function measurePlacing(rounds: number): Promise<readonly Longest[]> {
  const companion = await startPictureCompanion(SIDE);
  const browser = await openBrowser();
  try {
    const context = await openProfile(browser, companion.port);
    const studio = await StudioDriver.open(context, `http://localhost:${companion.port}`);
    await studio.pair(companion.code);
    const measured: Longest[] = [];
    for (let round = 0; round < rounds; round++) {
      await companion.engine.paint(COUNT, 1 + round * COUNT);
      await studio.generate({ prompt: `a mug, round ${round}`, count: COUNT, steps: 1 });
      await studio.layerCount(COUNT * (round + 1));
      await browser.startTracing(studio.page, { categories: TRACE_CATEGORIES });
      await studio.page.waitForTimeout(TRACE_START_MS);
      await studio.page.evaluate((mark) => void performance.mark(mark), START_MARK);
      companion.engine.letOn();
      do await studio.page.waitForTimeout(LOOK_MS);
      while ((await studio.pictures()).includes(null));
      await studio.page.waitForTimeout(AFTERMATH_MS);
      measured.push(longestTasks(await browser.stopTracing()));
      await studio.variantsDone();
    }
    return measured;
  } finally {
    await browser.close();
    await companion.stop();
  }
}
