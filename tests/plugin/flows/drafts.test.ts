/** The draft of the next pictures: whose names it holds, what takes its place, and what starts it. */

import { describe, expect, it } from 'vitest';
import { browserPath } from '../../browser/installed-browser.ts';
import { concept, welcome } from '../protocol-samples.ts';
import { auroraRecord, selectVariant, useWorkplaces, type Workplace } from '../workplace.ts';

/** Answers of a companion that are kept back until they are let go. */
function held() {
  let answer = () => {};
  const answers = new Promise<void>((resolve) => {
    answer = resolve;
  });
  return { answers, answer };
}

describe.skipIf(browserPath === undefined)('a draft', () => {
  const open = useWorkplaces();
  let work: Workplace;

  const prompt = () => work.stage.ui.getByLabel('Prompt');
  const generate = () => work.stage.ui.getByRole('button', { name: /^Generate/ });
  const seed = () => work.stage.ui.getByLabel('Seed', { exact: true });
  const press = (name: string) => work.stage.ui.getByRole('button', { name, exact: true }).click();

  it('of a variant takes the name that its concept has now', async () => {
    const concepts = [{ ...concept({ name: 'aurora-2027', hasThumbnail: false }), id: 'concept-aurora' }];
    work = await open({ companion: { concepts }, command: 'more', record: auroraRecord() });
    await expect.poll(() => prompt().inputValue()).toBe('@aurora-2027 on a beach');
    await work
      .received('generate')
      .toMatchObject([{ concepts: [{ id: 'concept-aurora', name: 'aurora-2027', version: 1 }] }]);
  });

  it('of a variant says that its version is not the newest; the newest and the way back are a key away', async () => {
    const concepts = [concept({ name: 'aurora', version: 2, hasThumbnail: false }), concept({ name: 'mug' })];
    work = await open({ companion: { concepts }, command: 'more', record: auroraRecord() });
    const choice = work.stage.ui.getByLabel('@aurora version');
    const shown = () => choice.evaluate((field) => (field as HTMLSelectElement).selectedOptions[0]?.text);
    const announced = () => work.stage.ui.locator('[aria-live="polite"]').first().textContent();
    await expect.poll(shown).toBe('version 1 of 2');
    await work
      .received('generate')
      .toMatchObject([{ concepts: [{ id: 'concept-aurora', name: 'aurora', version: 1 }] }]);
    const newest = work.stage.ui.getByRole('button', { name: 'Use newest, version 2 of @aurora' });
    await newest.press('Enter');
    await expect.poll(shown).toBe('version 2, newest');
    await expect.poll(announced).toBe('The prompt uses version 2 of @aurora, the newest.');
    await expect.poll(() => newest.count()).toBe(0);
    await expect.poll(() => choice.evaluate((field) => field === document.activeElement)).toBe(true);
    await generate().click();
    await work.received('generate').toHaveLength(2);
    expect(work.companion.received.at(-1)).not.toHaveProperty('concepts');
    await choice.focus();
    await work.stage.page.keyboard.press('ArrowDown');
    await expect.poll(shown).toBe('version 1 of 2');
    await generate().click();
    await work
      .received('generate')
      .toMatchObject([{}, {}, { concepts: [{ id: 'concept-aurora', name: 'aurora', version: 1 }] }]);
  });

  it('says what of the model’s own scheduler is not followed', async () => {
    const note = 'The model’s scheduler wants lambda_min_clipped -5.1, which is not followed.';
    const model = { ...welcome.model, notes: [note] };
    work = await open({ companion: { model }, command: 'more', record: auroraRecord() });
    await work.stage.ui.getByText(note).waitFor();
  });

  it('says nothing of versions where a concept has one', async () => {
    work = await open({ command: 'more', record: auroraRecord() });
    await expect.poll(() => prompt().inputValue()).toBe('@aurora on a beach');
    await work.stage.ui.getByRole('button', { name: 'in the snow' }).waitFor();
    await expect.poll(() => work.stage.ui.getByText(/version/i).count()).toBe(0);
  });

  it('says nothing of names before the library is known', async () => {
    const { answers, answer } = held();
    work = await open({ companion: { answers }, command: 'more', record: auroraRecord() });
    await expect.poll(() => prompt().inputValue()).toBe('@aurora on a beach');
    await work.stage.ui.getByText('On this computer').waitFor();
    const judged = /was removed|has no @|Nothing was taught/;
    await expect.poll(() => work.stage.ui.getByText(judged).count()).toBe(0);
    answer();
    await work.received('generate').toHaveLength(1);
  });

  it('goes by the newest list of concepts, whose answer an older one cannot overtake', async () => {
    work = await open({ command: 'more', record: auroraRecord() });
    await work.received('generate').toHaveLength(1);
    const { companion } = work;
    const asked = () => companion.requests.filter((request) => request === 'GET /api/concepts').length;
    const before = asked();
    const { answers, answer } = held();
    companion.answers = answers;
    companion.send({ type: 'concepts-changed' });
    await expect.poll(asked).toBe(before + 1);
    companion.answers = Promise.resolve();
    companion.remove('concept-aurora');
    companion.send({ type: 'concepts-changed' });
    await work.stage.ui.getByText('@aurora was removed from the library.').waitFor();
    const late = work.stage.page.waitForEvent('requestfinished', (request) =>
      request.url().endsWith('/api/concepts'),
    );
    answer();
    await late;
    // Whatever the late answer changed would be seen by then.
    await press('Restore');
    await expect.poll(() => generate().isDisabled()).toBe(false);
    expect(companion.requests).toContain('POST /api/concepts/concept-aurora/restore');
  });

  it('of a variant whose concept was removed offers to restore it', async () => {
    work = await open({ command: 'more', record: auroraRecord() });
    work.companion.remove('concept-aurora');
    work.companion.send({ type: 'concepts-changed' });
    await work.stage.ui.getByText('@aurora was removed from the library.').waitFor();
    await expect.poll(() => generate().isDisabled()).toBe(true);
    await press('Restore');
    await expect.poll(() => generate().isDisabled()).toBe(false);
  });

  it('of a variant starts nothing where its concept is gone', async () => {
    work = await open({ companion: { concepts: [] }, command: 'more', record: auroraRecord() });
    await work.stage.ui.getByText('@aurora was removed from the library.').waitFor();
    await prompt().fill('@aurora in the snow');
    expect(work.companion.received.filter(({ type }) => type === 'generate')).toEqual([]);
  });

  it('says of a concept which other model it was taught on', async () => {
    const concepts = [concept({ name: 'aurora', usable: false, model: 'Tall', hasThumbnail: false })];
    work = await open({ companion: { concepts } });
    await prompt().fill('@aurora on a beach');
    await work.stage.ui.getByText('taught on another image model, “Tall”').waitFor();
  });

  it('keeps its words when a concept of the library is used', async () => {
    const concepts = ['aurora', 'summit'].map((name) => concept({ name, hasThumbnail: false }));
    work = await open({ companion: { concepts } });
    const use = async (index: number) => {
      await work.openTab('Library');
      await work.stage.ui.getByRole('button', { name: 'Use', exact: true }).nth(index).click();
    };
    await prompt().fill('on a beach at sunset');
    await use(0);
    await expect.poll(() => prompt().inputValue()).toBe('@aurora on a beach at sunset');
    await use(1);
    await expect.poll(() => prompt().inputValue()).toBe('@summit on a beach at sunset');
  });

  it('that a variant’s settings replaced comes back by Undo', async () => {
    work = await open();
    await prompt().fill('two of @aurora in the snow');
    await selectVariant(work.stage, auroraRecord());
    await press('More like this');
    await expect.poll(() => prompt().inputValue()).toBe('@aurora on a beach');
    await work.received('generate').toMatchObject([{ prompt: '@aurora on a beach' }]);
    await press('Undo');
    await expect.poll(() => prompt().inputValue()).toBe('two of @aurora in the snow');
    await expect.poll(() => work.stage.ui.getByText('Prompt replaced').count()).toBe(0);
  });

  it('is stored for the next run of the plugin, and found there', async () => {
    work = await open();
    await prompt().fill('@aurora in the fog');
    const last = () => work.stage.sent.findLast((message) => message.type === 'store-draft')?.draft ?? '{}';
    await expect.poll(() => JSON.parse(last()).prompt).toBe('@aurora in the fog');
    const draft = last();
    await work.stage.page.close();
    work = await open({ draft });
    await expect.poll(() => prompt().inputValue()).toBe('@aurora in the fog');
  });

  it('stands ready for who has never written one, and takes one click', async () => {
    work = await open({ draft: null });
    await expect.poll(() => prompt().inputValue()).toBe('@aurora on a beach');
    await generate().click();
    await work.received('generate').toMatchObject([{ prompt: '@aurora on a beach' }]);
  });

  it('is not what another version of the plugin stored', async () => {
    work = await open({ draft: '{"prompt":7}' });
    await expect.poll(() => prompt().inputValue()).toBe('');
    expect(work.stage.complaints).toEqual([]);
  });

  it('is made with the other seed that was asked for', async () => {
    work = await open();
    await prompt().fill('@aurora');
    await press('Another seed');
    const shown = Number(await seed().inputValue());
    await generate().click();
    await work.received('generate').toMatchObject([{ seed: shown }]);
  });

  it('is started by Ctrl+Enter in any field, and by Enter in none', async () => {
    work = await open();
    await prompt().fill('@aurora');
    await work.stage.ui.getByText('More settings').click();
    for (const field of ['Steps', 'Seed', 'Guidance', 'Leave out']) {
      await work.stage.ui.getByLabel(field, { exact: true }).fill('7');
      await work.stage.page.keyboard.press('Enter');
    }
    expect(work.companion.received.filter(({ type }) => type === 'generate')).toEqual([]);
    await work.stage.ui.getByLabel('Steps').fill('9');
    await work.stage.page.keyboard.press('Control+Enter');
    await work
      .received('generate')
      .toMatchObject([{ steps: 9, seed: 7, guidanceScale: 7, negativePrompt: '7' }]);
  });
});
