import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { pictureToRenew } from '../documents/linked-pictures.ts';
import { seriousFindings } from './accessibility.ts';
import { type BenchTable, cannotRun, useBench } from './bench-table.ts';
import { e2eModel, quickModel } from './companion-process.ts';
import type { StudioDriver } from './studio-driver.ts';

const THEMES = ['light', 'dark'] as const;
/** Themes differ in colours alone, so that one of them is looked at for all else. */
const RULES = { light: undefined, dark: ['color-contrast', 'link-in-text-block'] } as const;
/** Pictures for documents are looked at. */
const SAMPLE_STEPS = process.env.LIKENESS_SCREENSHOTS ? 12 : 4;
const TEACH_STEPS = process.env.LIKENESS_SCREENSHOTS ? 300 : quickModel === e2eModel ? 6 : 100;

const QUICK = { model: quickModel };

describe.skipIf(cannotRun)(`views${cannotRun ? ` (skipped: ${cannotRun})` : ''}`, () => {
  let table: BenchTable;
  let studio: StudioDriver;

  useBench((bench) => {
    ({ table, studio } = bench);
  }, QUICK);

  /** Both themes: serious findings of studio and plugin, and a picture of each where they are wanted. */
  async function looked(name: string): Promise<readonly string[]> {
    // Before the checks, which take longer than some views stay.
    for (const theme of THEMES) {
      const path = pictureToRenew(`studio-${name}-${theme}.png`);
      if (path === undefined) continue;
      await studio.useTheme(theme);
      await studio.page.screenshot({ path });
    }
    const findings: string[] = [];
    for (const theme of THEMES) {
      await studio.useTheme(theme);
      for (const frame of studio.page.frames())
        findings.push(...(await seriousFindings(frame, RULES[theme])).map((one) => `${theme} ${one}`));
    }
    return findings;
  }

  it('Connect', async () => {
    await studio.plugin.getByLabel('Code', { exact: true }).waitFor();
    expect(await looked('connect')).toEqual([]);
  });

  it('Teach, before, in the middle and after', async () => {
    await studio.pair(table.companion.code);
    await studio.addSamples(/mug/i);
    await studio.show('Teach');
    await studio.plugin.getByText('4 frames').waitFor();
    expect(await looked('teach')).toEqual([]);
    await studio.teach({ name: 'aurora', classWord: 'mug', steps: TEACH_STEPS });
    await studio.learning();
    await table.companion.withEngineHeld(async () => expect(await looked('teaching')).toEqual([]));
    await studio.learned();
    expect(await looked('taught')).toEqual([]);
  });

  it('Generate, with variants and their masks', async () => {
    await studio.generate({ prompt: '@aurora on a beach', count: 4, steps: SAMPLE_STEPS });
    await studio.layerCount(8);
    await studio.variantsDone();
    await studio.plugin.getByLabel('Show where the product acted').check();
    await studio.page.getByRole('button', { name: /zoom to fit/ }).click();
    expect(await looked('generate')).toEqual([]);
    // Through all of that the plugin's page was never loaded anew.
    await expect
      .poll(() => studio.plugin.getByRole('textbox', { name: 'Prompt' }).inputValue())
      .toBe('@aurora on a beach');
  });

  it('Library and History', async () => {
    await studio.show('Library');
    await studio.plugin.getByText('@aurora').first().waitFor();
    expect(await looked('library')).toEqual([]);
    await studio.show('History');
    await studio.plugin.getByText('@aurora on a beach').first().waitFor();
    expect(await looked('history')).toEqual([]);
  });

  it('a variant with its buttons', async () => {
    await studio.layers.first().click();
    await studio.page.getByRole('region', { name: 'Selection' }).waitFor();
    expect(await looked('variant')).toEqual([]);
  });

  it('a variant in a window of half the size, with its layers in a drawer', async () => {
    const { page } = studio;
    await page.setViewportSize({ width: 720, height: 450 });
    const bar = page.getByRole('region', { name: 'Selection' });
    await expect.poll(() => overlapsIn(bar)).toEqual([]);
    const drawer = page.getByRole('button', { name: 'Layers' });
    await expect.poll(() => studio.layers.first().isVisible()).toBe(false);
    await drawer.press('Enter');
    const hasFocus = (part: Locator) => part.evaluate((element) => element === document.activeElement);
    await expect.poll(() => hasFocus(studio.layers.first())).toBe(true);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(() => studio.layers.nth(1).getAttribute('aria-selected')).toBe('true');
    expect(await seriousFindings(page.mainFrame())).toEqual([]);
    await page.keyboard.press('Escape');
    await expect.poll(() => studio.layers.first().isVisible()).toBe(false);
    await expect.poll(() => hasFocus(drawer)).toBe(true);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('a companion that is away', async () => {
    await table.companion.stop();
    await studio.plugin.getByText('The companion does not answer').waitFor();
    expect(await looked('away')).toEqual([]);
  });
});

/** Texts of what lies over another, or is wider than its own box, among the parts of a bar. */
function overlapsIn(bar: Locator): Promise<readonly (string | null)[]> {
  return bar.locator('> button').evaluateAll((parts) =>
    parts
      .filter((part, at) => {
        const { left, right, top, bottom } = part.getBoundingClientRect();
        const covers = parts.slice(at + 1).some((other) => {
          const box = other.getBoundingClientRect();
          return box.left < right && box.right > left && box.top < bottom && box.bottom > top;
        });
        return covers || part.scrollWidth > part.clientWidth;
      })
      .map(({ textContent }) => textContent),
  );
}
