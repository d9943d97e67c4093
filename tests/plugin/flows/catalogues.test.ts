import { describe, expect, it } from 'vitest';
import { draftWithPreset, presetOfDraft } from '../../../plugin/ui/work/catalogue/presets.ts';
import { emptyGenerate } from '../../../plugin/ui/work/drafts.ts';
import { browserPath } from '../../browser/installed-browser.ts';
import { examplePicture } from '../example-pictures.ts';
import { catalogueJob, concept, generateJob } from '../protocol-samples.ts';
import { useWorkplaces } from '../workplace.ts';

const scene = examplePicture('aurora/scene-01.png');
const spring = {
  ...{ name: 'Spring', scenes: ['on a quay'], light: 'soft light', palette: 'teal' },
  ...{ negativePrompt: 'rain', steps: 20 },
};

describe('a preset in a draft', () => {
  it('puts its words at the end, in the place of those of the one before', () => {
    const draft = { ...emptyGenerate(), prompt: '@aurora' };
    const first = draftWithPreset(draft, spring, undefined);
    expect(first).toMatchObject({
      prompt: '@aurora on a quay, soft light, palette of teal',
      negativePrompt: 'rain',
      steps: 20,
    });
    const second = draftWithPreset(first, { name: 'Dusk', scenes: ['at night'], light: 'dusk' }, spring);
    expect(second.prompt).toBe('@aurora on a quay, dusk');
    expect(draftWithPreset(second, undefined, { name: 'Dusk', scenes: [], light: 'dusk' }).prompt).toBe(
      '@aurora on a quay',
    );
    expect(presetOfDraft('New', second, spring, 'nano')).toEqual({
      ...{ name: 'New', scenes: ['on a quay'], light: 'soft light', palette: 'teal', model: 'nano' },
      ...{ negativePrompt: 'rain', steps: 20 },
    });
  });
});

const BRAND = {
  ...{ name: 'brand', kind: null, architecture: 'stable-diffusion-v1', fits: true, weight: 0.8 },
  brings: null,
};
const EARLIER = '2026-11-19T10:00:00.000Z';
const LATER = '2026-11-21T10:00:00.000Z';

describe.skipIf(browserPath === undefined)('a catalogue in the panel', () => {
  const begin = useWorkplaces();
  const concepts = [
    concept({ name: 'aurora', hasThumbnail: false }),
    concept({ name: 'summit', hasThumbnail: false }),
  ];

  it('is asked for, fills, says what failed, is tried again and placed as a table', async () => {
    const work = await begin({ companion: { concepts, presets: [spring], pictures: () => scene } });
    const { ui } = work.stage;
    const frame = { nodeId: '1:1', name: '@Summit', width: 200, height: 100, isVariant: false };
    await work.stage.say({ type: 'selection', frames: [frame], record: null });
    await ui.getByRole('button', { name: 'Make a catalogue of several products' }).click();
    await ui.getByRole('button', { name: '@aurora' }).click();
    await ui.getByRole('button', { name: 'Take the selected one' }).click();
    await ui.getByLabel('Preset', { exact: true }).selectOption('Spring');
    // Its scene comes with the preset.
    await expect.poll(() => ui.getByLabel('Scenes, one a line').inputValue()).toBe('on a quay');
    await ui.getByRole('button', { name: '64 × 64' }).click();
    await ui.getByRole('button', { name: 'Make 2 pictures' }).click();
    await work.received('catalogue').toMatchObject([
      {
        ...{ products: ['aurora', 'summit'], scenes: ['on a quay'], sizes: [{ width: 64, height: 64 }] },
        ...{ words: ', soft light, palette of teal', preset: 'Spring', negativePrompt: 'rain', steps: 20 },
      },
    ]);
    const [asked] = work.companion.received.filter(({ type }) => type === 'catalogue') as { job: string }[];
    const { job } = asked!;
    work.companion.send({
      type: 'catalogue',
      job: catalogueJob(job, { state: 'running', resumed: false }, [0]),
    });
    await ui.getByText('1 of 8 pictures').waitFor();
    await ui.getByAltText('@aurora, on a beach, 64 × 64, seed 0').waitFor();
    await ui.getByRole('button', { name: 'Cancel' }).click();
    await work.received('cancel').toMatchObject([{ job }]);

    work.companion.send({
      type: 'catalogue',
      job: catalogueJob(job, { state: 'done' }, [0, 1, 2, 3, 4, 5, 6], [7]),
    });
    await ui.getByText('7 of 8 pictures, 1 failed', { exact: true }).waitFor();
    await ui.getByRole('button', { name: /^Try again: @summit/ }).click();
    await work.received('resume').toEqual([{ type: 'resume', job, cells: [7] }]);
    await ui.getByRole('button', { name: 'Place as table' }).click();
    await work.sent('close-table').toHaveLength(1);
    const [opened] = work.stage.sent.filter((message) => message.type === 'open-table');
    expect(opened).toMatchObject({ rows: ['aurora', 'summit'], columns: { length: 4 } });
    const placed = work.stage.sent.flatMap((message) =>
      message.type === 'table-picture' ? [`${message.row} ${message.column}`] : [],
    );
    expect(placed).toEqual(['0 0', '0 2', '1 0', '1 2', '0 1', '0 3', '1 1']);
  });

  it('is read from a CSV file, with what is wrong by line, and asks for its rows alone', async () => {
    const work = await begin({ companion: { concepts, presets: [spring] } });
    const { ui } = work.stage;
    await ui.getByRole('button', { name: 'Make a catalogue of several products' }).click();
    const choose = (text: string) =>
      ui
        .getByLabel('Catalogue from a CSV file')
        .setInputFiles({ name: 'spring.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await choose('product,scene\naurora,on a quay\n');
    await ui.getByText('spring.csv has no column size').waitFor();
    await choose(
      'product,scene,size,sku\naurora,on a quay,64x64,7\nauror,on a quay,64x64,8\naurora,x,story,9\n',
    );
    await ui.getByText('Line 3: The library has no @auror.').waitFor();
    await ui.getByText('Columns that are not used here: sku.').waitFor();
    await expect.poll(() => ui.getByRole('button', { name: 'Make 2 pictures' }).isDisabled()).toBe(true);
    await expect.poll(() => ui.getByLabel('Scenes, one a line').count()).toBe(0);
    await ui.getByRole('button', { name: 'Remove', exact: true }).click();

    const rows = ['aurora;on a quay;64x64;3;rain;Spring', 'summit;on a quay;96x64;;;Spring'];
    await choose(`\ufeffProduct;Scene;Size;Seed;Negative;Preset\r\n${rows.join('\r\n')}\r\n`);
    await ui.getByRole('region', { name: 'Pictures of the file' }).getByText('96 × 64').waitFor();
    // The file has its own.
    await expect.poll(() => ui.getByLabel('Preset', { exact: true }).count()).toBe(0);
    await ui.getByRole('button', { name: 'Make 2 pictures' }).click();
    await work.received('catalogue').toMatchObject([
      {
        ...{ products: ['aurora', 'summit'], scenes: ['on a quay'], seeds: [3, 0], negatives: ['rain'] },
        sizes: [
          { width: 64, height: 64 },
          { width: 96, height: 64 },
        ],
        cells: [
          { product: 0, scene: 0, size: 0, seed: 0, negative: 0 },
          { product: 1, scene: 0, size: 1, seed: 1 },
        ],
        ...{ preset: 'Spring', words: ', soft light, palette of teal', negativePrompt: 'rain' },
      },
    ]);
  });

  it('waits in the queue with other jobs, and stands in the history with what failed', async () => {
    const waiting = { ...catalogueJob('job-waiting', { state: 'queued', position: 0 }), createdAt: LATER };
    const ended = catalogueJob('job-ended', { state: 'done' }, [0, 1, 2, 3, 4], [5, 6, 7]);
    const running = generateJob('job-running', { state: 'running', resumed: false });
    const first = generateJob('job-first', { state: 'done' }, {}, [0.9]);
    const companion = {
      ...{ concepts, pictures: () => scene, jobs: [running, { ...first, createdAt: EARLIER }] },
      catalogues: [waiting, ended],
    };
    const work = await begin({ companion });
    const { ui } = work.stage;
    await ui.getByRole('tab', { name: 'History' }).click();
    const queue = ui.getByRole('region', { name: 'Queue' });
    await queue.getByText('Catalogue of @aurora and @summit').waitFor();
    await queue.getByRole('button', { name: 'Cancel Catalogue of @aurora and @summit' }).click();
    await work.received('cancel').toMatchObject([{ job: 'job-waiting' }]);
    const cards = ui.locator('.cards .card');
    await expect
      .poll(() => cards.locator('.title').allTextContents())
      .toEqual([...['Catalogue of @aurora and @summit', '@aurora on a beach']]);
    await cards.first().getByText('5 of 8 pictures, 3 failed').waitFor();
    await cards.first().locator('.strip img').nth(4).waitFor();
    await cards
      .first()
      .getByRole('button', { name: /^Try again/ })
      .first()
      .click();
    await work.received('resume').toEqual([{ type: 'resume', job: 'job-ended', cells: [5] }]);
    await cards.first().getByRole('button', { name: 'Place as table' }).click();
    await work.sent('close-table').toHaveLength(1);
    await cards.first().getByRole('button', { name: 'Show 1 more that failed' }).click();
    await ui.getByText('5 of 8 pictures, 3 failed').waitFor();

    work.companion.send({ type: 'job', job: generateJob('job-running', { state: 'done' }, {}, [0.9]) });
    const state = { state: 'running', resumed: false } as const;
    work.companion.send({ type: 'catalogue', job: catalogueJob('job-waiting', state, [0]) });
    await ui.getByRole('button', { name: 'Catalogue of @aurora and @summit' }).click();
    await ui.getByText('1 of 8 pictures').waitFor();
  });

  it('has a preset whose words are edited, which gets another name, and comes back once removed', async () => {
    const work = await begin({ companion: { concepts, presets: [spring], loras: [BRAND] } });
    const { ui } = work.stage;
    await ui.getByLabel('Prompt').fill('@aurora');
    await ui.getByLabel('Preset', { exact: true }).selectOption('Spring');
    await ui.getByRole('button', { name: 'Edit…' }).click();
    const editor = ui.getByRole('group', { name: 'Edit Spring' });
    await editor.getByLabel('Name').fill('');
    await editor.getByText('It needs a name.').waitFor();
    await editor.getByLabel('Name').fill('Dusk');
    await editor.getByLabel('Light').fill('dusk');
    await editor.getByLabel('Palette').fill('');
    await editor.getByLabel('Scenes').fill('on a quay\non a roof\n');
    await editor.getByLabel('Size').fill('postcard');
    await editor.getByText('Write the size as 1080x1920, or square').waitFor();
    await editor.getByLabel('Size').fill('story');
    await editor.getByLabel('Steps').fill('');
    await editor.getByLabel('Guidance').fill('6.5');
    await editor.getByLabel('Style').selectOption('brand');
    await editor.getByRole('button', { name: 'Save preset' }).click();
    const words = { name: 'Dusk', scenes: ['on a quay', 'on a roof'], light: 'dusk' };
    const settings = { negativePrompt: 'rain', guidanceScale: 6.5, size: { width: 1080, height: 1920 } };
    const dusk = { ...words, ...settings, loras: [{ name: 'brand', weight: 0.8 }] };
    await expect.poll(() => work.companion.presets).toEqual([dusk]);
    await expect.poll(() => ui.getByLabel('Prompt').inputValue()).toBe('@aurora on a quay, dusk');
    await ui.getByRole('button', { name: 'Remove', exact: true }).click();
    await expect.poll(() => work.companion.presets).toEqual([]);
    await ui.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => work.companion.presets).toMatchObject([dusk]);
  });

  it('that is under way is there again after a reload, and the preset of a screen is saved', async () => {
    const running = catalogueJob('job-of-cells', { state: 'running', resumed: true }, [0]);
    const work = await begin({ companion: { concepts, catalogues: [running], pictures: () => scene } });
    const { ui } = work.stage;
    await ui.getByRole('button', { name: 'Save as…' }).click();
    await ui.getByLabel('Name of the preset').fill('Mine');
    await ui.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(() => work.companion.presets).toMatchObject([{ name: 'Mine' }]);
    await ui.getByRole('button', { name: /^Catalogue of/ }).click();
    await ui.getByText('1 of 8 pictures').waitFor();
    await ui.getByAltText('@aurora, on a beach, 64 × 64, seed 0').waitFor();
  });
});
