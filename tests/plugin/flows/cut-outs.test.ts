/** Backgrounds of frames: removed, looked at, corrected with a brush, and put beside the frames. */

import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../../companion/images/decode.ts';
import { browserPath } from '../../browser/installed-browser.ts';
import { examplePicture } from '../example-pictures.ts';
import { modelsWith, pullTask } from '../protocol-samples.ts';
import { useWorkplaces, type Workplace } from '../workplace.ts';

describe.skipIf(browserPath === undefined)('backgrounds of frames', () => {
  const open = useWorkplaces();
  let work: Workplace;

  const button = (name: string) => work.stage.ui.getByRole('button', { name, exact: true });

  async function selectPhotos(): Promise<void> {
    await work.openTab('Teach');
    const frames = ['1:1', '1:2'].map((nodeId) => ({
      ...{ nodeId, name: `Photo ${nodeId}`, width: 256, height: 256 },
      isVariant: false,
    }));
    await work.stage.say({ type: 'selection', frames, record: null });
    for (const { nodeId } of frames) {
      await work.stage.say({ type: 'thumbnail', nodeId, bytes: examplePicture('aurora/scene-03.png') });
    }
  }

  async function answerExport(): Promise<void> {
    await work.sent('export').toHaveLength(1);
    const { exportId } = work.stage.sent.find((message) => message.type === 'export')!;
    for (const nodeId of ['1:1', '1:2']) {
      const name = `Photo ${nodeId}`;
      await work.stage.say({
        type: 'exported',
        exportId,
        nodeId,
        name,
        bytes: examplePicture('aurora/scene-03.png'),
      });
    }
    await work.stage.say({ type: 'export-done', exportId, failed: [] });
  }

  async function placed() {
    await work.sent('place-cut-out').toHaveLength(2);
    return work.stage.sent.filter((message) => message.type === 'place-cut-out');
  }

  it('are removed, and the results put beside the frames', async () => {
    work = await open({ companion: { cutOut: () => examplePicture('aurora/cutout-01.png') } });
    await selectPhotos();
    await button('Remove 2 backgrounds').click();
    await answerExport();
    await button('Place 2 beside their frames').click();
    const [first, second] = await placed();
    expect(first).toMatchObject({ nodeId: '1:1', name: 'Photo 1:1 cut-out', isLast: false });
    expect(second).toMatchObject({ nodeId: '1:2', isLast: true });
    await button('Remove 2 backgrounds').waitFor();
  });

  it('are corrected with a brush, and a stroke is taken back', async () => {
    work = await open({ companion: { cutOut: () => examplePicture('aurora/cutout-01.png') } });
    await selectPhotos();
    await button('Remove 2 backgrounds').click();
    await answerExport();
    const canvas = work.stage.ui.getByRole('img', { name: 'Photo 1:1 without its background' });
    await expect.poll(() => canvas.evaluate((one: HTMLCanvasElement) => one.width)).toBe(256);
    const { mouse } = work.stage.page;
    const drag = async () => {
      const box = (await canvas.boundingBox())!;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await mouse.move(x - 20, y);
      await mouse.down();
      await mouse.move(x + 20, y, { steps: 4 });
      await mouse.up();
    };
    const alphaAt = async () =>
      canvas.evaluate((one: HTMLCanvasElement) => {
        const { data } = one.getContext('2d')!.getImageData(one.width / 2, one.height / 2, 1, 1);
        return data[3];
      });
    await expect.poll(alphaAt).toBe(255);
    await drag();
    await expect.poll(alphaAt).toBe(0);
    await button('Undo the last stroke').click();
    await expect.poll(alphaAt).toBe(255);
    await drag();
    await button('Bring back').click();
    await drag();
    await expect.poll(alphaAt).toBe(255);
    await button('Erase').click();
    await drag();
    await button('Place 2 beside their frames').click();
    const [first] = await placed();
    const { width, height, channels, data } = await decodePicture(
      new Uint8Array(Object.values(first!.bytes)),
    );
    expect(channels).toBe(4);
    expect(data[(Math.floor(height / 2) * width + Math.floor(width / 2)) * 4 + 3]).toBe(0);
  });

  it('stay where no network was fetched, and the panel says what gets one, and what Figma does without', async () => {
    work = await open({ companion: { models: modelsWith('matting', { place: 'offered' }) } });
    const { stage, companion } = work;
    await selectPhotos();
    await stage.ui.getByText('BiRefNet lite does it on this computer: 220 MB, licence MIT.').waitFor();
    await stage.ui.getByText('choose Remove background').waitFor();
    await button('Get background removal…').click();
    await stage.ui.getByLabel('I have read the licence').check();
    companion.models = modelsWith('matting', { place: 'offered', task: pullTask() });
    await stage.ui.getByRole('button', { name: /^Get it/ }).click();
    await expect.poll(() => companion.requests).toContain('POST /api/models/matting/pull');
    await stage.ui.getByRole('tab', { name: 'Teach' }).click();
    await stage.ui.getByText(/^Getting background removal. 500 MB of 2 GB/).waitFor();
    const task = pullTask({ bytes: 1_000_000_000 });
    companion.send({ type: 'model-progress', model: 'matting', task });
    await stage.ui.getByText(/^Getting background removal. 1 GB of 2 GB/).waitFor();
    companion.models = modelsWith('matting', { place: 'fetched' });
    companion.send({ type: 'models-changed' });
    await button('Remove 2 backgrounds').waitFor();
  });

  it('stay where the network is gone by the time it is asked', async () => {
    work = await open();
    await selectPhotos();
    await button('Remove 2 backgrounds').click();
    await answerExport();
    await work.stage.ui.getByText('under Models').waitFor();
    await button('Dismiss').click();
    await button('Remove 2 backgrounds').waitFor();
  });
});
