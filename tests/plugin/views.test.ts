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

/** What colours decide: half of the time that all rules take. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'] as const;

/** Widths have no colours of their own, and themes differ in colours alone. */
const RULES = {
  all: {},
  colours: { runOnly: COLOUR_RULES },
  shapes: { rules: Object.fromEntries(COLOUR_RULES.map((rule) => [rule, { enabled: false }])) },
} as const;

async function findings({ ui }: Stage, rules: keyof typeof RULES = 'all'): Promise<readonly string[]> {
  const options = JSON.stringify({ resultTypes: ['violations'], ...RULES[rules] });
  const violations = (await ui.evaluate(
    `axe.run(document, ${options}).then((result) => result.violations)`,
  )) as readonly Finding[];
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  );
}

const THEMES = ['light', 'dark'] as const;
/** Of Figma's own panel, and of a studio on a small screen. */
const WIDTHS = [600, 400, 320] as const;

/** Parts that reach beyond the right edge of the page, where nobody sees them. */
function overflowOf({ ui }: Stage): Promise<readonly string[]> {
  return ui.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      // Cut off on purpose, with an ellipsis or for screen readers alone.
      .filter((element) => element.closest('.visually-hidden, .status-text, .grid-scroll > *') === null)
      .map((element) => element.outerHTML.slice(0, 120)),
  );
}

/** Words that end at an edge without an ellipsis, so that nobody sees that there is more: half a date is a wrong one. */
function cutWords({ ui }: Stage): Promise<readonly string[]> {
  return ui.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('body *')]
      .filter((element) => {
        const { overflowX, textOverflow, display } = getComputedStyle(element);
        const isCut = overflowX === 'hidden' && element.scrollWidth > element.clientWidth + 1;
        // An ellipsis stands only where the words are a block's own.
        const hasEllipsis = textOverflow === 'ellipsis' && !/flex|grid/.test(display);
        return isCut && !hasEllipsis && element.textContent !== '';
      })
      .filter((element) => element.closest('.visually-hidden') === null && element !== document.body)
      .map((element) => element.outerHTML.slice(0, 120)),
  );
}

/** Draws the picture that a document shows, where it is wanted. */
async function draw(stage: Stage, scene: string, theme: Theme): Promise<void> {
  const picture = `plugin-${scene}-${theme}.png`;
  if (pictures === undefined || !wanted.has(picture)) return;
  mkdirSync(pictures, { recursive: true });
  await stage.useTheme(theme);
  await stage.page.waitForTimeout(400);
  const path = fileURLToPath(new URL(picture, `file://${pictures}/`));
  await stage.page.screenshot({ path });
}

describe.skipIf(browserPath === undefined)('views', () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    await buildPlugin();
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  /** Figma changes the theme of a plugin that is open, so that one page shows both. */
  it.each(SCENES)('$name is accessible', async (scene) => {
    const companion = scene.companion();
    const stage = await openStage(browser.context, 'light', companion);
    await scene.act(stage, companion);
    for (const theme of THEMES) await draw(stage, scene.name, theme);
    await stage.ui.evaluate(axe);
    await stage.useTheme('light');
    for (const width of WIDTHS) {
      await stage.page.setViewportSize({ width, height: 640 });
      expect(await overflowOf(stage), `${width} px`).toEqual([]);
      expect(await cutWords(stage), `${width} px`).toEqual([]);
      // Words that no longer fit must still be read out and reached.
      expect(await findings(stage, width === WIDTHS[0] ? 'all' : 'shapes'), `${width} px`).toEqual([]);
    }
    await stage.useTheme('dark');
    expect(await findings(stage, 'colours'), 'dark').toEqual([]);
    expect(stage.complaints).toEqual([]);
    await stage.page.close();
  });

  it('what the pointer is over is accessible', async () => {
    const scene = SCENES.find(({ name }) => name === 'models-licence')!;
    const companion = scene.companion();
    const stage = await openStage(browser.context, 'light', companion);
    await scene.act(stage, companion);
    await stage.ui.getByRole('button', { name: /^Get it/ }).hover();
    await stage.ui.evaluate(axe);
    for (const theme of THEMES) {
      await stage.useTheme(theme);
      expect(await findings(stage), theme).toEqual([]);
    }
    await stage.page.close();
  });
});
