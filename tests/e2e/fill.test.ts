/** A hole in a layout, drawn in the studio, filled by the real companion: fill, undo, choose another, after a reload too. */

import { describe, expect, it } from 'vitest';
import { pictureToRenew } from '../documents/linked-pictures.ts';
import { seriousFindings } from './accessibility.ts';
import { type BenchTable, cannotRun, useBench } from './bench-table.ts';
import { quickModel } from './companion-process.ts';
import type { StudioDriver } from './studio-driver.ts';

const PICTURE = pictureToRenew('studio-fill-light.png');
/** Pictures for documents are looked at: the same one each time. */
const STEPS = PICTURE === undefined ? 2 : 30;
const SEED = PICTURE === undefined ? undefined : 108;

const QUICK = { model: quickModel };

describe.skipIf(cannotRun)(`a layer is filled${cannotRun ? ` (skipped: ${cannotRun})` : ''}`, () => {
  let table: BenchTable;
  let studio: StudioDriver;

  useBench(async (bench) => {
    ({ table, studio } = bench);
    await studio.pair(table.companion.code);
  }, QUICK);

  /** Hash of the picture that the rectangle shows; null for none. */
  const shown = async () => (await studio.pictures())[0];
  const choice = (number: number) => studio.plugin.getByRole('button', { name: `Picture ${number}, seed` });
  const isChosen = (number: number) => choice(number).getAttribute('aria-pressed');
  const hand = (place: 'canvas' | 'panel') =>
    place === 'panel'
      ? studio.plugin.getByRole('tab', { name: 'Generate' }).hover()
      : studio.page.mouse.move(500, 450);

  it('that was drawn over a frame', async () => {
    await studio.draw('Frame (F)', { from: [220, 120], to: [820, 520] });
    await studio.draw('Rectangle (R)', { from: [300, 200], to: [600, 400] });
    await expect.poll(() => studio.layerNames()).toEqual(['Rectangle', 'Frame']);
    await studio.plugin.getByRole('region', { name: 'Fill “Rectangle”' }).waitFor();
    // An empty frame tells the model nothing that a picture for documents would be better for.
    const context = studio.plugin.getByLabel('Show the model what is around it in “Frame”');
    await (PICTURE === undefined ? context.check() : context.waitFor());
  });

  it('with two variants, of which one is seen, and one undo takes both away', async () => {
    await studio.fill({ prompt: 'a red mug on a wooden table', count: 2, steps: STEPS, seed: SEED });
    await expect.poll(shown, { timeout: 240_000 }).not.toBeNull();
    await studio.variantsDone();
    await choice(2).locator('img').waitFor();
    for (const frame of studio.page.frames()) expect(await seriousFindings(frame)).toEqual([]);
    await studio.plugin.locator('main').evaluate((main) => main.scrollTo(0, 0));
    if (PICTURE !== undefined) await studio.page.screenshot({ path: PICTURE });
    await expect.poll(() => studio.layerNames()).toEqual(['Rectangle', 'Frame']);
    await studio.undo();
    await expect.poll(shown).toBeNull();
    await hand('panel');
    await expect.poll(() => choice(1).count()).toBe(0);
    await studio.page.getByRole('button', { name: 'Redo' }).click();
    await expect.poll(shown).not.toBeNull();
  });

  it('and shows the other one, each choice a step of undo', async () => {
    const first = await shown();
    await hand('panel');
    await choice(2).click();
    await expect.poll(shown).not.toBe(first);
    const second = await shown();
    await hand('canvas');
    await studio.undo();
    await expect.poll(shown).toBe(first);
    await hand('panel');
    await expect.poll(() => isChosen(1)).toBe('true');
    await studio.page.getByRole('button', { name: 'Redo' }).click();
    await expect.poll(shown).toBe(second);
  });

  it('which is there after a reload, as is what can be chosen', async () => {
    const second = await shown();
    // Until the document is stored.
    await expect.poll(() => studio.storedPictures()).toBe(2);
    await studio.page.reload();
    await studio.layers.first().click();
    await expect.poll(() => isChosen(2)).toBe('true');
    await expect.poll(shown).toBe(second);
    await choice(1).click();
    await expect.poll(shown).not.toBe(second);
    expect(studio.errors).toEqual([]);
  });
});
