import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../plugin/build.ts';
import { browserPath } from '../browser/installed-browser.ts';
import { linkedPictures } from '../documents/linked-pictures.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { SCENES } from './scenes/index.ts';
import { openStage, type Stage, type Theme } from './stage.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Folder for the documentation's pictures, those that it shows; set to draw them again. */
const pictures = process.env.LIKENESS_PICTURES;
const wanted = linkedPictures();

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function findings({ ui }: Stage): Promise<readonly string[]> {
  const violations = (await ui.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)`,
  )) as readonly Finding[];
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  );
}

/** Of Figma's own panel, and of a studio on a small screen. */
const WIDTHS = [600, 400, 320] as const;

/** Parts that reach beyond the right edge of the page, where nobody sees them. */
function overflowOf({ ui }: Stage): Promise<readonly string[]> {
  return ui.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      // Cut off on purpose, with an ellipsis or for screen readers alone.
      .filter(
        (element) => element.closest('.visually-hidden, .status-text, .strip, .grid-scroll > *') === null,
      )
      .map((element) => element.outerHTML.slice(0, 120)),
  );
}

describe.skipIf(browserPath === undefined)('views', () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    await buildPlugin();
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  const cases = SCENES.flatMap((scene) =>
    (['light', 'dark'] as const).map((theme: Theme) => ({ scene, theme })),
  );
  it.each(cases)('$scene.name is accessible in $theme', async ({ scene, theme }) => {
    const companion = scene.companion();
    const stage = await openStage(browser.context, theme, companion);
    await scene.act(stage, companion);
    const picture = `plugin-${scene.name}-${theme}.png`;
    if (pictures !== undefined && wanted.has(picture)) {
      mkdirSync(pictures, { recursive: true });
      await stage.page.waitForTimeout(400);
      const path = fileURLToPath(new URL(picture, `file://${pictures}/`));
      await stage.page.screenshot({ path });
    }
    await stage.ui.evaluate(axe);
    for (const width of WIDTHS) {
      await stage.page.setViewportSize({ width, height: 640 });
      expect(await overflowOf(stage), `${width} px`).toEqual([]);
      // Words that no longer fit must still be read out and reached.
      expect(await findings(stage), `${width} px`).toEqual([]);
    }
    expect(stage.complaints).toEqual([]);
    await stage.page.close();
  });

  it.each(['light', 'dark'] as const)('what the pointer is over is accessible in %s', async (theme) => {
    const scene = SCENES.find(({ name }) => name === 'models-licence')!;
    const companion = scene.companion();
    const stage = await openStage(browser.context, theme, companion);
    await scene.act(stage, companion);
    await stage.ui.getByRole('button', { name: /^Get it/ }).hover();
    await stage.ui.evaluate(axe);
    expect(await findings(stage)).toEqual([]);
    await stage.page.close();
  });
});
