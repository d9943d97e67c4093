import { describe, expect, it } from 'vitest';
import { emptyGenerate } from '../../../plugin/ui/work/drafts.ts';
import { draftWithPreset, presetOfDraft } from '../../../plugin/ui/work/presets.ts';
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
    await ui.getByRole('button', { name: 'on a quay' }).click();
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
    await ui.getByAltText('aurora, on a beach, 64x64, seed 0').waitFor();
    await ui.getByRole('button', { name: 'Cancel' }).click();
    await work.received('cancel').toMatchObject([{ job }]);

    work.companion.send({
      type: 'catalogue',
      job: catalogueJob(job, { state: 'done' }, [0, 1, 2, 3, 4, 5, 6], [7]),
    });
    await ui.getByText('7 of 8 pictures, 1 failed', { exact: true }).waitFor();
    await ui.getByRole('button', { name: /^Retry summit/ }).click();
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
      .getByRole('button', { name: /^Retry/ })
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
    await ui.getByAltText('aurora, on a beach, 64x64, seed 0').waitFor();
  });
});
