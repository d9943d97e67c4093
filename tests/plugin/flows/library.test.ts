/** Concepts of the library: changed, removed, restored, and taken to another program. */

import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { browserPath } from '../../browser/installed-browser.ts';
import { concept } from '../protocol-samples.ts';
import { useWorkplaces } from '../workplace.ts';

describe.skipIf(browserPath === undefined)('who looks after the library', () => {
  const begin = useWorkplaces();

  it('restores a removed concept, at once and after the plugin was closed', async () => {
    const { companion, stage, openTab, focused } = await begin();
    const details = stage.ui.getByLabel('Details of @aurora');
    const remove = async () => {
      await details.click();
      await stage.ui.getByRole('button', { name: 'Remove' }).click();
      await stage.ui.getByText('Removed @aurora.').waitFor();
    };
    await openTab('Library');
    await remove();
    await focused().toBe('Restore');
    await stage.page.keyboard.press('Enter');
    await details.waitFor();
    await focused().toContain('@aurora');
    await details.click();
    await remove();
    await stage.page.close();
    const later = await begin({ companion });
    await later.openTab('Library');
    const kept = later.stage.ui.getByRole('region', { name: 'Recently removed' });
    await kept.getByText('mug · 30 days left').waitFor();
    await kept.getByRole('button', { name: 'Restore @aurora' }).click();
    await later.stage.ui.getByLabel('Details of @aurora').waitFor();
    await kept.waitFor({ state: 'detached' });
  });

  it('takes a concept to another program, and is told what to write there', async () => {
    const { stage, openTab } = await begin();
    await openTab('Library');
    await stage.ui.getByLabel('Details of @aurora').click();
    await stage.ui.getByText('Export', { exact: true }).click();
    await stage.ui.getByText('Write "zqx mug" in kohya.').waitFor();
    await stage.ui.getByLabel('Program', { exact: true }).selectOption('diffusers');
    await stage.ui.getByText('Write "zqx mug" in diffusers.').waitFor();
    const coming = stage.page.waitForEvent('download');
    await stage.ui.getByRole('button', { name: 'Download for diffusers' }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toBe('aurora-diffusers.safetensors');
    expect(await text(await download.createReadStream())).toBe('aurora for diffusers');
  });

  it('saves a concept, and is told so', async () => {
    const rights = { owner: 'Northlight', licence: 'campaigns' };
    const { stage, companion, openTab, focused } = await begin({
      companion: {
        concepts: [
          concept({ name: 'aurora', hasThumbnail: false, referenceCount: 1, rights }),
          concept({ name: 'summit', hasThumbnail: false }),
        ],
      },
    });
    await openTab('Library');
    await stage.ui.getByText('campaigns').waitFor();
    await stage.ui.getByLabel('Details of @aurora').click();
    await stage.ui.getByText('1 frame ·').waitFor();
    const save = stage.ui.getByRole('button', { name: 'Save' });
    await expect.poll(() => save.isDisabled()).toBe(true);
    await stage.ui.getByLabel('Note').fill('until spring');
    await openTab('History');
    await openTab('Library');
    await expect.poll(() => stage.ui.getByLabel('Note').inputValue()).toBe('until spring');
    await save.click();
    await stage.ui.getByText('Saved', { exact: true }).waitFor();
    await stage.ui.getByText('@aurora is saved.').waitFor();
    expect(companion.concepts[0]!.rights).toEqual({ ...rights, note: 'until spring' });
    await expect.poll(() => save.isDisabled()).toBe(true);
    await focused().toBe('Save');
  });

  it('goes back to an older version of a concept', async () => {
    const { stage, received, openTab } = await begin({
      companion: { concepts: [concept({ name: 'aurora', hasThumbnail: false, version: 2 })] },
    });
    await openTab('Library');
    await stage.ui.getByLabel('Details of @aurora').click();
    await stage.ui.getByRole('button', { name: 'Use this version, 1' }).click();
    await stage.ui.getByText('The prompt uses version 1 of @aurora').waitFor();
    await stage.ui.getByLabel('Prompt').fill('@aurora at night');
    await stage.ui.getByRole('button', { name: /Generate/ }).click();
    const concepts = [{ id: 'concept-aurora', name: 'aurora', version: 1 }];
    await received('generate').toMatchObject([{ prompt: '@aurora at night', concepts }]);
  });

  it('is told at the name that it is taken, known or not', async () => {
    const { stage, openTab } = await begin({
      companion: {
        takenName: 'summit-pack',
        concepts: ['aurora', 'summit'].map((name) => concept({ name, hasThumbnail: false })),
      },
    });
    await openTab('Library');
    await stage.ui.getByLabel('Details of @aurora').click();
    const name = stage.ui.getByLabel('Name');
    const hint = () => name.evaluate((field) => field.parentElement?.textContent);
    await name.fill('summit');
    await expect.poll(hint).toContain('@summit is taken');
    await expect.poll(() => stage.ui.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await name.fill('Summit Pack');
    await stage.ui.getByRole('button', { name: 'Save' }).click();
    await expect.poll(hint).toContain('@summit-pack is taken');
    await expect.poll(() => stage.ui.getByRole('alert').count()).toBe(0);
  });
});
