/** A cut-out over a frame of the studio, and a scene that the real companion paints around it: layers under it, one undo. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { pictureToRenew } from '../documents/linked-pictures.ts';
import { type BenchTable, cannotRun, useBench } from './bench-table.ts';
import { quickModel } from './companion-process.ts';
import type { StudioDriver } from './studio-driver.ts';

const PICTURE = pictureToRenew('studio-scene-light.png');
/** Pictures for documents are looked at. */
const STEPS = PICTURE === undefined ? 2 : 30;
const SEED = PICTURE === undefined ? undefined : 288190;
const CUT_OUT = fileURLToPath(new URL('../../examples/summit/cutout-02.png', import.meta.url));

const QUICK = { model: quickModel };

describe.skipIf(cannotRun)(`a cut-out on the canvas${cannotRun ? ` (skipped: ${cannotRun})` : ''}`, () => {
  let table: BenchTable;
  let studio: StudioDriver;

  useBench(async (bench) => {
    ({ table, studio } = bench);
    await studio.pair(table.companion.code);
  }, QUICK);

  it('gets a scene as layers under it, which one undo takes away', async () => {
    await studio.draw('Frame (F)', { from: [220, 120], to: [820, 640] });
    await studio.dropFiles([{ name: 'bag.png', bytes: await readFile(CUT_OUT) }], [400, 250]);
    await studio.layerCount(2);
    const before = ['bag', 'Frame'];
    await expect.poll(() => studio.layerNames()).toEqual(before);
    await studio.plugin.getByLabel('Paint a scene around “bag”', { exact: true }).check();
    await studio.paintScenes({ prompt: 'on a beach', count: 1, steps: STEPS, seed: SEED });
    await expect
      .poll(() => studio.layerNames(), { timeout: 240_000 })
      .toContainEqual(expect.stringMatching(/^Scene of /));
    await expect.poll(async () => (await studio.layerNames())[0]).toBe('bag');
    await studio.variantsDone();
    await studio.plugin.getByRole('button', { name: 'Use this scene' }).waitFor();
    if (PICTURE !== undefined) await studio.page.screenshot({ path: PICTURE });
    await studio.undo();
    await expect.poll(() => studio.layerNames()).toEqual(before);
    expect(studio.errors).toEqual([]);
  });
});
