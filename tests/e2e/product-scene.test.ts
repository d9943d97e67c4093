/** A cut-out over a frame of the studio, and a scene that the real companion paints around it: layers under it, one undo. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkedPictures, PICTURES } from '../documents/linked-pictures.ts';
import { BenchTable, cannotRun } from './bench-table.ts';
import type { StudioDriver } from './studio-driver.ts';

const PICTURE = 'studio-scene-light.png';
const isWanted = Boolean(process.env.LIKENESS_SCREENSHOTS) && linkedPictures().has(PICTURE);
/** Pictures for documents are looked at. */
const STEPS = isWanted ? 30 : 4;
const CUT_OUT = fileURLToPath(new URL('../../examples/summit/cutout-02.png', import.meta.url));

describe.skipIf(cannotRun)(`a cut-out on the canvas${cannotRun ? ` (skipped: ${cannotRun})` : ''}`, () => {
  let table: BenchTable;
  let studio: StudioDriver;

  beforeAll(async () => {
    table = await BenchTable.set();
    studio = await table.openStudio();
    await studio.pair(table.companion.code);
  });
  afterAll(() => table?.clear());

  it('gets a scene as layers under it, which one undo takes away', async () => {
    await studio.draw('Frame (F)', { from: [220, 120], to: [820, 640] });
    await studio.dropFiles([{ name: 'bag.png', bytes: await readFile(CUT_OUT) }], [400, 250]);
    await studio.layerCount(2);
    const before = ['bag', 'Frame'];
    await expect.poll(() => studio.layerNames()).toEqual(before);
    await studio.plugin.getByLabel('Paint a scene around “bag”', { exact: true }).check();
    await studio.paintScenes({ prompt: 'on a beach', count: 1, steps: STEPS });
    await expect
      .poll(() => studio.layerNames(), { timeout: 240_000 })
      .toContainEqual(expect.stringMatching(/^Scene of /));
    await expect.poll(async () => (await studio.layerNames())[0]).toBe('bag');
    await studio.variantsDone();
    await studio.plugin.getByRole('button', { name: 'Use this scene' }).waitFor();
    if (isWanted) await studio.page.screenshot({ path: join(PICTURES, PICTURE) });
    if (process.env.LIKENESS_PICTURES) {
      await studio.page.screenshot({ path: join(process.env.LIKENESS_PICTURES, PICTURE) });
    }
    await studio.undo();
    await expect.poll(() => studio.layerNames()).toEqual(before);
    expect(studio.errors).toEqual([]);
  });
});
