/** A scene is painted around the selected cut-out from the panel, and its layers go under it. */

import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../companion/images/encode.ts';
import { plainPicture } from '../../../companion/images/picture.ts';
import type { SelectedArea } from '../../../plugin/messages.ts';
import { browserPath } from '../../browser/installed-browser.ts';
import { generateJob } from '../protocol-samples.ts';
import { useWorkplaces } from '../workplace.ts';

const AREA: SelectedArea = {
  ...{ nodeId: '1:1', name: 'Poster', width: 800, height: 400 },
  layers: [{ nodeId: '1:2', name: 'Bottle', x: 0.25, y: 0.25, width: 0.15, height: 0.6 }],
};
const PLACE = { layout: { width: 160, height: 80 }, box: { x: 0.25, y: 0.25, width: 0.15, height: 0.6 } };

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
    await work.stage.say({ type: 'layout', target: null, area: AREA });
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
      [exportId, [...png], PLACE] as const,
    );
    await work.received('generate').toHaveLength(1);
    const [sent] = work.companion.sentImages;
    expect([...sent!.bytes]).toEqual([...png]);
    const wish = work.companion.received.find((message) => message.type === 'generate')!;
    const image = sent!.address.split(/[/?]/).at(-2);
    expect(wish).toMatchObject({
      prompt: 'on a marble table',
      product: { image, ...PLACE, reflection: 0.35 },
    });
    expect(work.stage.sent.some(({ type }) => type === 'keep-row')).toBe(false);

    const { job } = wish as { job: string };
    const layers = (['scene', 'shadow', 'reflection', 'product'] as const).map((name) => ({
      ...{ name, blend: name === 'shadow' ? ('MULTIPLY' as const) : ('NORMAL' as const), opacity: 1 },
    }));
    const done = generateJob(job, { state: 'done' }, {}, [0.9, 0.9]);
    const made = done.pictures.map((one) => ({ ...one, product: { changedPixels: 0, light: 20, layers } }));
    work.companion.send({ type: 'job', job: { ...done, pictures: made } });
    const layer = { nodeId: '1:2', jobId: job, index: 0, opacity: 1 };
    await work.sent('place-scene').toMatchObject([
      { ...layer, layer: 'Scene', blend: 'NORMAL', isLast: false },
      { ...layer, layer: 'Shadow', blend: 'MULTIPLY', isLast: false },
      { ...layer, layer: 'Reflection', blend: 'NORMAL', isLast: true },
    ]);
    expect(asked).toContain(`/api/jobs/${job}/pictures/0/layers/scene`);

    const header = { kind: 'picture', job, seed: 1, mediaType: 'image/png', width: 24, height: 48 } as const;
    for (const picture of [0, 1]) work.companion.sendFrame({ header: { ...header, picture }, payload: png });
    await ui.getByRole('button', { name: 'Use this scene' }).nth(1).click();
    await work.sent('place-scene').toHaveLength(6);
    expect(work.stage.sent.at(-1)).toMatchObject({ index: 1, isLast: true });
  });
});
