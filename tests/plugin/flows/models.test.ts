/** Base models in the panel: chosen, got with their licence, watched, added and removed. */

import { describe, expect, it } from 'vitest';
import { browserPath } from '../../browser/installed-browser.ts';
import { modelsSample, modelsWith, pullTask, welcome } from '../protocol-samples.ts';
import { useWorkplaces } from '../workplace.ts';

const NAME = 'stable-diffusion-v1-5';
describe.skipIf(browserPath === undefined)('models in the panel', () => {
  const openWorkplace = useWorkplaces();

  it('are opened by the model’s name, and one is got once its licence is accepted', async () => {
    const { stage, companion } = await openWorkplace();
    const { ui } = stage;
    await ui.getByRole('button', { name: welcome.model.name }).click();
    await ui.getByText('Recommended for this computer').waitFor();
    await ui.getByRole('button', { name: 'Get Stable Diffusion 1.5' }).click();
    const link = ui.getByRole('link', { name: 'CreativeML Open RAIL-M' });
    await expect.poll(() => link.getAttribute('href')).toMatch(/^https:/);
    const get = ui.getByRole('button', { name: 'Get it, 2.1 GB' });
    await expect.poll(() => get.isDisabled()).toBe(true);
    await ui.getByLabel('I have read the licence').check();
    companion.models = modelsWith(NAME, { task: pullTask({ bytes: 0, totalBytes: 0 }) });
    await get.click();
    await ui.getByText('Asking the hub').waitFor();
    expect(companion.requests).toContain(`POST /api/models/${NAME}/pull`);
    companion.send({ type: 'model-progress', model: NAME, task: pullTask() });
    await ui.getByText('500 MB of 2 GB · 10 MB a second · about 3 min left').waitFor();
    companion.models = modelsWith(NAME, { place: 'fetched', task: null });
    companion.send({ type: 'models-changed' });
    await ui.getByRole('button', { name: 'Use Stable Diffusion 1.5' }).waitFor();
  });

  it('show a pull that an earlier panel began, and pause, resume and cancel it', async () => {
    const { stage, companion } = await openWorkplace({
      companion: { models: modelsWith(NAME, { task: pullTask() }) },
    });
    const { ui } = stage;
    await ui.getByTitle('Models').click();
    const pause = ui.getByRole('button', { name: 'Pause' });
    // The list is asked for once the view stands: a later one would take the button away before it is pressed.
    await pause.waitFor();
    companion.models = modelsWith(NAME, { task: pullTask({ state: 'paused' }) });
    await pause.click();
    await ui.getByText('Paused · 500 MB of 2 GB').waitFor();
    await ui.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => companion.requests).toContain(`POST /api/models/${NAME}/resume`);
    companion.models = modelsSample;
    await ui.getByRole('button', { name: 'Cancel' }).click();
    await ui.getByRole('button', { name: 'Get Stable Diffusion 1.5' }).waitFor();
    expect(companion.requests.filter((request) => !request.startsWith('GET'))).toEqual([
      `POST /api/models/${NAME}/pause`,
      `POST /api/models/${NAME}/resume`,
      `DELETE /api/models/${NAME}/pull`,
    ]);
  });

  it('say why one was refused, at its card, and add one by its path', async () => {
    const modelRefusal = {
      code: 'input',
      message: 'mine is no whole path',
      advice: 'Copy the path.',
    } as const;
    const { stage, companion } = await openWorkplace({ companion: { modelRefusal } });
    const { ui } = stage;
    await ui.getByTitle('Models').click();
    const path = ui.getByLabel('Path of a folder or file');
    await path.fill('mine');
    await path.press('Enter');
    await ui.getByRole('alert').getByText('Copy the path.').waitFor();
    companion.modelRefusal = undefined;
    await path.press('Enter');
    await expect.poll(() => path.inputValue()).toBe('');
    await expect.poll(() => ui.getByRole('alert').count()).toBe(0);
  });

  it('are chosen in a folder, without a path that is typed', async () => {
    const { stage, companion } = await openWorkplace();
    const { ui } = stage;
    await ui.getByTitle('Models').click();
    await ui.getByRole('button', { name: 'Browse…' }).click();
    await ui.getByRole('button', { name: 'Models', exact: true }).and(ui.locator('.place')).click();
    await ui.getByRole('button', { name: 'One folder up' }).waitFor();
    await ui.getByRole('button', { name: 'northlight-catalogue.safetensors' }).click();
    const path = ui.getByLabel('Path of a folder or file');
    await expect.poll(() => path.inputValue()).toBe('/Users/kim/Models/northlight-catalogue.safetensors');
    await expect.poll(() => ui.locator('.model-browser').count()).toBe(0);
    await ui.getByRole('button', { name: 'Add', exact: true }).click();
    await expect.poll(() => companion.requests).toContain('POST /api/models');
  });

  it('are opened by a name of any length, which is cut short where it does not fit', async () => {
    const model = { ...welcome.model, name: 'a-checkpoint-with-a-long-name-v12', isDemonstration: true };
    const { stage } = await openWorkplace({ companion: { model } });
    await stage.page.setViewportSize({ width: 320, height: 640 });
    const name = stage.ui.getByTitle('Models');
    const boxes = async () => {
      const [inside, around] = [await name.boundingBox(), await stage.ui.locator('footer').boundingBox()];
      return { left: around!.x + around!.width - inside!.x - inside!.width, width: inside!.width };
    };
    await expect.poll(async () => (await boxes()).left).toBeGreaterThan(0);
    expect((await boxes()).width).toBeGreaterThan(100);
  });

  it('follow the model in use without a reload', async () => {
    const { stage, companion } = await openWorkplace();
    const { ui } = stage;
    await ui.getByTitle('Models').click();
    await ui.getByRole('button', { name: 'Use product-shots-v3' }).click();
    await expect.poll(() => companion.requests).toContain('POST /api/models/product-shots-v3/use');
    companion.send({ type: 'model-in-use', model: { ...welcome.model, name: 'product-shots-v3' } });
    await ui.getByTitle('Models').getByText('product-shots-v3').waitFor();
  });
});
