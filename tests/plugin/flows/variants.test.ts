/** The pictures of a job, in the panel and on the canvas. */

import { describe, expect, it } from 'vitest';
import { MASK_TROUBLE_ADVICE } from '../../../shared/mask.ts';
import { browserPath } from '../../browser/installed-browser.ts';
import { examplePicture } from '../example-pictures.ts';
import { generateJob } from '../protocol-samples.ts';
import { useWorkplaces, type Workplace } from '../workplace.ts';

const scene = examplePicture('aurora/scene-01.png');
const job = 'job-variants';
const running = { state: 'running', resumed: false } as const;
const image = { job, mediaType: 'image/png', width: 64, height: 64 } as const;

describe.skipIf(browserPath === undefined)('a variant', () => {
  const open = useWorkplaces();
  let work: Workplace;

  async function openVariants(confidences: readonly number[]): Promise<void> {
    const started = generateJob(job, running, {}, confidences);
    work = await open({ companion: { jobs: [started] } });
    for (const picture of confidences.keys()) {
      work.companion.sendFrame({
        header: { kind: 'picture', picture, seed: 7214 + picture, ...image },
        payload: scene,
      });
      work.companion.sendFrame({
        header: {
          ...{ kind: 'mask', job, picture, concept: 'aurora', rows: 2, columns: 2 },
          confidence: confidences[picture]!,
        },
        payload: Uint8Array.of(255, 255, 0, 0),
      });
    }
  }
  const tile = (number: number) => work.stage.ui.getByRole('button', { name: `variant ${number}` });

  it('is selected on the canvas by its tile, once it is there', async () => {
    await openVariants([0.9, 0.9]);
    await tile(2).click();
    await work.sent('reveal').toEqual([{ type: 'reveal', jobId: job, index: 1 }]);
    work.companion.sendFrame({ header: { kind: 'preview', picture: 2, step: 1, ...image }, payload: scene });
    await tile(3).waitFor();
    await expect.poll(() => tile(3).isDisabled()).toBe(true);
  });

  it('has its seed on one line, and what is doubtful is said once for all', async () => {
    await openVariants([0.5, 0.4, 0.9]);
    await expect.poll(() => work.stage.ui.getByText('Product unclear').count()).toBe(2);
    await expect.poll(() => work.stage.ui.getByText(MASK_TROUBLE_ADVICE.unsure).count()).toBe(1);
    await expect.poll(() => work.stage.ui.locator('.tile').filter({ hasText: '%' }).count()).toBe(0);
    const lines = await work.stage.ui
      .locator('.seed')
      .evaluateAll((seeds) => seeds.map((seed) => seed.getClientRects().length));
    expect(new Set(lines)).toEqual(new Set([1]));
  });

  it('has its mask laid over it on the canvas', async () => {
    await openVariants([0.9, 0.9]);
    await work.stage.ui.getByText('Show where the product acted').waitFor();
    work.companion.send({ type: 'job', job: generateJob(job, { state: 'done' }, { count: 2 }, [0.9, 0.9]) });
    await work.stage.ui.getByRole('button', { name: 'Masks on the canvas' }).click();
    await work.sent('mask').toMatchObject([
      { jobId: job, index: 0, concept: 'aurora', isLast: false },
      { jobId: job, index: 1, concept: 'aurora', isLast: true },
    ]);
    // A picture that was made stands for the concept in the library, too.
    const made = generateJob('job-of-aurora', { state: 'done' }, { count: 1 }, [0.9]);
    const concepts = [{ id: 'concept-aurora', name: 'aurora', version: 1 }];
    work.companion.pictures = (path) => (path.includes('job-of-aurora') ? scene : undefined);
    work.companion.send({ type: 'job', job: { ...made, concepts } });
    await work.openTab('Library');
    await work.stage.ui.locator('img.card-thumb').waitFor();
  });

  it('begins with its prompt in the list of layers', async () => {
    work = await open();
    await work.stage.ui.getByLabel('Prompt').fill('@aurora on a beach');
    await work.stage.ui.getByLabel('Seed', { exact: true }).fill('7214');
    await work.stage.ui.getByRole('button', { name: /^Generate/ }).click();
    await work.sent('keep-row').toMatchObject([
      {
        names: [7214, 7215, 7216, 7217].map((seed) => `@aurora on a beach · ${seed}`),
      },
    ]);
  });
});
