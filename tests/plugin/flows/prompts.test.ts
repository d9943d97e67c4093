/** Prompts as they are written: mentions of concepts, and what is not read. */

import { describe, expect, it } from 'vitest';
import { browserPath } from '../../browser/installed-browser.ts';
import { useWorkplaces } from '../workplace.ts';

describe.skipIf(browserPath === undefined)('who writes a prompt', () => {
  const begin = useWorkplaces();

  it('mentions a concept with the keyboard alone, and generates', async () => {
    const { stage, received } = await begin();
    const prompt = stage.ui.getByLabel('Prompt');
    await prompt.pressSequentially('two of @au');
    await stage.ui.getByRole('option', { name: '@aurora' }).waitFor();
    await stage.page.keyboard.press('Enter');
    await expect.poll(() => prompt.inputValue()).toBe('two of @aurora ');
    await stage.page.keyboard.type('on a beach');
    await received('prepare').toMatchObject([{ prompt: 'two of @aurora on a beach', mask: 'adaptive' }]);
    await stage.page.keyboard.press('Control+Enter');
    await received('generate').toMatchObject([
      { prompt: 'two of @aurora on a beach', count: 4, mask: 'adaptive' },
    ]);
  });

  it('is told of a name that the library does not have', async () => {
    const { stage } = await begin();
    await stage.ui.getByLabel('Prompt').fill('@nothing on a beach');
    await stage.ui.getByText('The library has no @nothing').waitFor();
    await expect.poll(() => stage.ui.getByRole('button', { name: /Generate/ }).isDisabled()).toBe(true);
  });

  it('mentions a concept in Japanese, without a space and with a full-width @', async () => {
    const { stage } = await begin();
    const prompt = stage.ui.getByLabel('Prompt');
    await prompt.fill('海辺の＠ａｕ');
    await prompt.press('End');
    await stage.ui.getByRole('option', { name: '@aurora' }).click();
    await expect.poll(() => prompt.inputValue()).toBe('海辺の@aurora ');
  });

  it('is told of syntax that is not read here, and what to do instead', async () => {
    const { stage } = await begin();
    await stage.ui.getByLabel('Prompt').fill('@aurora, (red:1.3) <lora:studio:1>');
    await stage.ui.getByText('“(red:1.3)” is read as plain words. Weights of words').waitFor();
    await stage.ui.getByText('“<lora:studio:1>” is read as plain words. A style is added once').waitFor();
    await stage.ui.getByLabel('Prompt').fill('@aurora, red');
    await expect.poll(() => stage.ui.getByText('is read as plain words').count()).toBe(0);
  });
});
