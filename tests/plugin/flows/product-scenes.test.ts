/** A scene is painted around the selected cut-out from the panel, and its layers go under it. */

import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../companion/images/encode.ts';
import { plainPicture } from '../../../companion/images/picture.ts';
import type { SelectedArea } from '../../../plugin/layout-messages.ts';
import type { JobOf } from '../../../shared/protocol/job.ts';
import { browserPath } from '../../browser/installed-browser.ts';
import { generateJob } from '../protocol-samples.ts';
import { useWorkplaces } from '../workplace.ts';

const AREA: SelectedArea = {
  ...{ nodeId: '1:1', name: 'Poster', width: 800, height: 400 },
  layers: [{ nodeId: '1:2', name: 'Bottle', x: 0.25, y: 0.25, width: 0.15, height: 0.6 }],
};
/** Mark of the page. */
const CANVAS = 'page-of-posters';
const PLACE = { layout: { width: 160, height: 80 }, box: { x: 0.25, y: 0.25, width: 0.15, height: 0.6 } };

/** Two scenes, made. */
function sceneJob(job: string): JobOf<'generate'> {
  const layers = (['scene', 'shadow', 'reflection', 'product'] as const).map((name) => ({
    ...{ name, blend: name === 'shadow' ? ('MULTIPLY' as const) : ('NORMAL' as const), opacity: 1 },
  }));
  const product = { image: 'image-1234', ...PLACE };
  const spec = { prompt: 'on a table', count: 2, product, placement: { canvas: CANVAS, node: '1:2' } };
  const done = generateJob(job, { state: 'done' }, spec, [0.9, 0.9]);
  const made = done.pictures.map((one) => ({ ...one, product: { changedPixels: 0, light: 20, layers } }));
  return { ...done, pictures: made };
}

describe.skipIf(browserPath === undefined)('a cut-out that is selected in a layout', () => {
  const open = useWorkplaces();

  it('is sent with its place, and its first scene goes under it; another where that is asked for', async () => {
    const png = await encodePng(plainPicture(24, 48, [200, 40, 40]));
    const asked: string[] = [];
    const work = await open({
      companion: {
        pictures: (path) => {
          asked.push(path);
          return Buffer.from(png);
        },
      },
    });
    const { ui } = work.stage;
    await work.stage.say({ type: 'layout', target: null, area: AREA, canvas: '' });
    await ui.getByLabel('Paint a scene around “Bottle”').check();
    await ui.getByLabel('Reflection').check();
    await ui.getByLabel('Prompt').fill('on a marble table');
    await ui.getByRole('button', { name: 'Paint 4 scenes' }).click();
    await work.sent('export-product').toMatchObject([{ nodeId: '1:2' }]);
    const { exportId } = work.stage.sent.find((message) => message.type === 'export-product')!;
    // As the stage hands it to the panel: bytes travel apart from the rest.
    await work.stage.page.evaluate(
      ([id, data, place]) => {
        const result = { bytes: Uint8Array.from(data), ...place };
        const pluginMessage = { type: 'product-exported', exportId: id, result };
        document.querySelector('iframe')!.contentWindow!.postMessage({ pluginMessage }, '*');
      },
      [exportId, [...png], { ...PLACE, canvas: CANVAS }] as const,
    );
    await work.received('generate').toHaveLength(1);
    const [sent] = work.companion.sentImages;
    expect([...sent!.bytes]).toEqual([...png]);
    const wish = work.companion.received.find((message) => message.type === 'generate')!;
    const image = sent!.address.split(/[/?]/).at(-2);
    expect(wish).toMatchObject({
      prompt: 'on a marble table',
      product: { image, ...PLACE, reflection: 0.35 },
      placement: { canvas: CANVAS, node: '1:2' },
    });

    const { job } = wish as { job: string };
    await work.sent('keep-row').toMatchObject([{ jobId: job, isScene: true, names: [] }]);
    work.companion.send({ type: 'job', job: sceneJob(job) });
    const layer = { nodeId: '1:2', jobId: job, index: 0, opacity: 1 };
    await work.sent('place-scene').toMatchObject([
      { ...layer, layer: 'Scene', blend: 'NORMAL', isLast: false },
      { ...layer, layer: 'Shadow', blend: 'MULTIPLY', isLast: false },
      { ...layer, layer: 'Reflection', blend: 'NORMAL', isLast: true },
    ]);
    expect(asked).toContain(`/api/jobs/${job}/pictures/0/layers/scene`);

    await work.sent('forget-row').toMatchObject([{ jobId: job }]);
    await work.stage.say({ type: 'layout', target: null, area: AREA, canvas: CANVAS });
    const header = { kind: 'picture', job, seed: 1, mediaType: 'image/png', width: 24, height: 48 } as const;
    for (const picture of [0, 1]) work.companion.sendFrame({ header: { ...header, picture }, payload: png });
    await ui.getByRole('button', { name: 'Use this scene' }).nth(1).click();
    await work.sent('place-scene').toHaveLength(6);
    expect(work.stage.sent.at(-1)).toMatchObject({ index: 1, isLast: true });
  });

  it('gets scenes of an earlier run of the plugin: the awaited one by itself, others on its own page', async () => {
    const png = Buffer.from(await encodePng(plainPicture(24, 48, [200, 40, 40])));
    const jobs = [sceneJob('job-scenes'), sceneJob('job-of-before')];
    const row = { names: [], width: 0, height: 0, isScene: true } as const;
    const work = await open({
      companion: { jobs, pictures: () => png },
      waitingRows: [
        { jobId: 'job-scenes', ...row },
        { jobId: 'job-long-gone', ...row },
      ],
    });
    const placed = { nodeId: '1:2', jobId: 'job-scenes', index: 0 };
    await work.sent('place-scene').toMatchObject([placed, placed, placed]);
    await work.sent('forget-row').toMatchObject([{ jobId: 'job-scenes' }, { jobId: 'job-long-gone' }]);

    const { ui, say } = work.stage;
    const png24 = { mediaType: 'image/png', width: 24, height: 48 } as const;
    const header = { kind: 'picture', job: 'job-scenes', picture: 1, seed: 1, ...png24 } as const;
    await work.received('resend').toHaveLength(1);
    work.companion.sendFrame({ header, payload: png });
    await say({ type: 'layout', target: null, area: AREA, canvas: CANVAS });
    await ui.getByRole('button', { name: 'Use this scene' }).click();
    await work.sent('place-scene').toHaveLength(6);
    expect(work.stage.sent.at(-1)).toMatchObject({ nodeId: '1:2', index: 1, isLast: true });
    await say({ type: 'layout', target: null, area: AREA, canvas: 'page-of-another-document' });
    await expect.poll(() => ui.getByRole('button', { name: 'Use this scene' }).count()).toBe(0);
  });

  it('has no settings that do nothing for its scenes', async () => {
    const work = await open();
    const { ui, say } = work.stage;
    await say({ type: 'layout', target: null, area: AREA, canvas: '' });
    await ui.getByLabel('Prompt').fill('@aurora on a beach');
    await ui.getByRole('button', { name: 'Place in “Bottle”' }).waitFor();
    await ui.getByLabel('Paint a scene around “Bottle”').check();
    await ui.getByText('Poster – 800 × 400').waitFor();
    await ui.getByLabel('Strength').waitFor();
    await ui.getByRole('button', { name: 'Leave it out' }).click();
    await expect.poll(() => ui.getByLabel('Prompt').inputValue()).toBe('on a beach');
    await ui.getByText('More settings').click();
    await ui.getByLabel('Steps').waitFor();
    for (const name of ['Strength', 'Mask', 'Acts in'])
      await expect.poll(() => ui.getByLabel(name, { exact: true }).count(), { message: name }).toBe(0);
    await expect.poll(() => ui.getByRole('button', { name: /^Place in/ }).count()).toBe(0);
    await expect.poll(() => ui.locator('select#size').count()).toBe(0);
  });
});
