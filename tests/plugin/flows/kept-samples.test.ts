/** Pictures of what was learned, where nobody has made one yet: on cards, versions, in the history and at the end of teaching. */

import { describe, expect, it } from 'vitest';
import { browserPath } from '../../browser/installed-browser.ts';
import { examplePicture } from '../example-pictures.ts';
import { concept, generateJob, taughtJob } from '../protocol-samples.ts';
import { useWorkplaces } from '../workplace.ts';

const drawn = examplePicture('aurora/scene-02.png');
const SAMPLE = /\/sample$/;

describe.skipIf(browserPath === undefined)('a picture of what was learned', () => {
  const open = useWorkplaces();
  const aurora = concept({ name: 'aurora', version: 2, hasSample: true, hasThumbnail: false });

  it('stands on the card and at each version, and gives way to one that was made', async () => {
    const made = generateJob('job-made-0000', { state: 'done' }, {}, [0.9]);
    const job = { ...made, concepts: [{ id: aurora.id, name: 'aurora', version: 1 }] };
    const pictures = (path: string) => (SAMPLE.test(path) || path.includes('pictures') ? drawn : undefined);
    const { stage, companion } = await open({ companion: { concepts: [aurora], pictures } });
    const { ui } = stage;
    await ui.getByRole('tab', { name: 'Library' }).click();
    await ui.locator('.card-head img.card-thumb').waitFor();
    await ui.getByLabel('Details of @aurora').click();
    const versions = ui.getByRole('list', { name: 'Versions' });
    await expect.poll(() => versions.locator('img.card-thumb').count()).toBe(2);
    const before = await versions.locator('img.card-thumb').last().getAttribute('src');
    companion.send({ type: 'job', job });
    await expect.poll(() => versions.locator('img.card-thumb').last().getAttribute('src')).not.toBe(before);
  });

  it('stands in the history and at the end of a teaching, also in a panel that was opened later', async () => {
    const job = taughtJob('job-teaching', 'looks-like');
    const pictures = (path: string) => (SAMPLE.test(path) ? drawn : undefined);
    const { stage } = await open({ companion: { concepts: [aurora], jobs: [job], pictures } });
    const { ui } = stage;
    await ui.getByRole('tab', { name: 'History' }).click();
    await ui.locator('.card-head img.card-thumb').waitFor();
    expect(stage.complaints).toEqual([]);
  });
});
