/** A layer of a layout is filled from the panel: as it is, with its layout shown to the model, and with another picture. */

import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../../companion/images/decode.ts';
import { encodePng } from '../../../companion/images/encode.ts';
import { plainPicture } from '../../../companion/images/picture.ts';
import type { FillTarget } from '../../../plugin/layout-messages.ts';
import { emptyGenerate } from '../../../plugin/ui/work/drafts.ts';
import { filledDraft, inPainting } from '../../../plugin/ui/work/generate/filling.ts';
import { browserPath } from '../../browser/installed-browser.ts';
import { generateJob } from '../protocol-samples.ts';
import { useWorkplaces, type Workplace } from '../workplace.ts';

/** Mark of the page. */
const CANVAS = 'page-of-posters';
const HERO: FillTarget = {
  ...{ nodeId: '1:2', name: 'Hero', width: 400, height: 200, layout: { nodeId: '1:1', name: 'Poster' } },
  ...{ isFrame: true, isLocked: false, isEmpty: true, notes: [], pictures: [] },
};

describe.skipIf(browserPath === undefined)('a layer that is selected', () => {
  const open = useWorkplaces();
  let work: Workplace;

  const select = (part: Partial<FillTarget> = {}) =>
    work.stage.say({ type: 'layout', target: { ...HERO, ...part }, area: null, canvas: CANVAS });
  const button = (name: string | RegExp) => work.stage.ui.getByRole('button', { name });
  const asked = () => work.companion.received.find((message) => message.type === 'generate')!;

  async function begin(part: Partial<FillTarget> = {}): Promise<void> {
    work = await open();
    await select(part);
    await work.stage.ui.getByLabel('Prompt').fill('@aurora on a beach');
  }

  it('is filled with pictures of its proportions', async () => {
    await begin();
    await work.stage.ui.getByText('Made at 88 × 48 px').waitFor();
    await button('Fill the frame with 4 variants').click();
    await work.received('generate').toHaveLength(1);
    expect(asked()).toMatchObject({ size: { width: 88, height: 48 } });
    await work.sent('keep-row').toMatchObject([{ width: 400, fill: { nodeId: '1:2', place: null } }]);
    await select({ width: 400, height: 20 });
    await work.stage.ui.getByText('of which the middle 9 % is seen').waitFor();
  });

  it('is painted with its layout in sight of the model', async () => {
    await begin();
    await work.stage.ui.getByLabel('Show the model what is around it in “Poster”').check();
    await button('Fill the frame').click();
    await work.sent('export-layout').toMatchObject([{ nodeId: '1:2', side: 64 }]);
    const { exportId } = work.stage.sent.find((message) => message.type === 'export-layout')!;
    const place = [
      [0.5, 0, 0.25],
      [0, 0.5, 0.5],
    ] as const;
    const bytes = await encodePng(plainPicture(80, 40, [200, 40, 40]));
    // As the stage hands it to the panel: bytes travel apart from the rest.
    await work.stage.page.evaluate(
      ([id, data, at, canvas]) => {
        const layout = [
          [1, 0, 0],
          [0, 1, 0],
        ];
        const result = { bytes: Uint8Array.from(data), place: at, layout, canvas };
        const pluginMessage = { type: 'layout-exported', exportId: id, result };
        document.querySelector('iframe')!.contentWindow!.postMessage({ pluginMessage }, '*');
      },
      [exportId, [...bytes], place, CANVAS] as const,
    );
    await work.received('generate').toHaveLength(1);
    const [layout, mask] = work.companion.sentImages;
    expect(layout!.address).toContain('use=paint');
    expect([...layout!.bytes]).toEqual([...bytes]);
    const { width, height, channels, data } = await decodePicture(new Uint8Array(mask!.bytes));
    expect([width, height]).toEqual([80, 40]);
    const white = (x: number, y: number) => data[(y * width + x) * channels] === 255;
    expect([white(20, 20), white(59, 39), white(19, 20), white(60, 39), white(30, 19)]).toEqual([
      ...[true, true, false, false, false],
    ]);
    const { init, paint, size } = asked() as { init?: unknown; paint?: unknown; size?: unknown };
    expect(init).toEqual({ image: layout!.address.split(/[/?]/).at(-2) });
    expect(paint).toEqual({ image: mask!.address.split(/[/?]/).at(-2) });
    expect(size).toBeUndefined();
    await work.sent('keep-row').toMatchObject([{ fill: { nodeId: '1:2', place } }]);
    expect(asked()).toMatchObject({ placement: { canvas: CANVAS, node: '1:2', place } });
  });

  it('takes a picture of its layout from a job of an earlier run, and no other layer does', async () => {
    const place = [
      [0.5, 0, 0.25],
      [0, 0.5, 0.5],
    ] as const;
    const images = { init: { image: 'image-layout' }, paint: { image: 'image-mask' } };
    const spec = { ...images, placement: { canvas: CANVAS, node: '1:2', place } };
    const job = generateJob('job-earlier', { state: 'done' }, spec, [0.9]);
    work = await open({ companion: { jobs: [job] } });
    const payload = await encodePng(plainPicture(64, 64, [20, 40, 40]));
    const png = { mediaType: 'image/png', width: 64, height: 64 } as const;
    const header = { kind: 'picture', job: job.job, picture: 0, seed: 7214, ...png } as const;
    await work.received('resend').toHaveLength(1);
    work.companion.sendFrame({ header, payload });
    await select({ nodeId: '1:9', name: 'Another' });
    await work.stage.ui.getByRole('region', { name: 'Fill “Another”' }).waitFor();
    await expect.poll(() => button('Use as fill').count()).toBe(0);
    await select();
    await button('Use as fill').click();
    await work.sent('use-fill').toMatchObject([{ nodeId: '1:2', jobId: job.job, place }]);
  });

  it('leaves out places in another frame, unless the model is shown that', async () => {
    const regions = [{ concept: 'aurora', layer: 'Left', x: 0, y: 0, width: 0.5, height: 1 }];
    const size = { type: 'layout', nodeId: '1:1', name: 'Poster', width: 800, height: 400 } as const;
    const places = regions.map((region) => ({ ...region, strength: null, feather: null }));
    const draft = { ...emptyGenerate(), prompt: '@aurora on a beach', regions: places, size };
    const target = { ...HERO, layout: { nodeId: '1:1', name: 'Poster' } };
    expect(filledDraft(draft, { target, isPainted: false })).toMatchObject({
      regions: [],
      size: { type: 'frame' },
    });
    expect(filledDraft(draft, { target, isPainted: true }).regions).toEqual(places);
    const layout = [
      [0.8, 0, 0.1],
      [0, 0.5, 0],
    ] as const;
    expect(inPainting(places, layout)).toMatchObject([{ x: 0.1, y: 0, width: 0.4, height: 0.5 }]);
    const within = { ...draft, size: { ...size, nodeId: HERO.nodeId } };
    expect(filledDraft(within, { target, isPainted: false }).regions).toEqual(places);
    work = await open({ draft: JSON.stringify(draft) });
    await select();
    // The layer is selected for a place, so that nothing is filled before that is asked for.
    await button('Generate 4 variants').waitFor();
    await work.stage.ui.getByLabel('Fill this frame').check();
    await work.stage.ui.getByText('Products are placed in “Poster”').waitFor();
    await work.stage.ui.getByLabel('Show the model').check();
    await expect.poll(() => work.stage.ui.getByText('Products are placed').count()).toBe(0);
  });

  it('that shows a picture is filled only where that is asked for, and one that is locked is not', async () => {
    await begin({ isEmpty: false });
    await button('Generate 4 variants').waitFor();
    await work.stage.ui.getByLabel('Fill this frame').check();
    await button('Fill the frame with 4 variants').waitFor();
    await select({ isLocked: true });
    await work.stage.ui.getByText('It is locked.').waitFor();
    await button('Generate 4 variants').waitFor();
  });

  it('that has more to it says so, and is filled where that is asked for; what cannot be filled says why', async () => {
    await begin({ notes: ['layers', 'component'] });
    await button('Generate 4 variants').waitFor();
    await work.stage.ui.getByLabel('Fill this frame').check();
    await button('Fill the frame with 4 variants').waitFor();
    await work.stage.ui.getByText('The layers in it stay in front of the picture.').waitFor();
    await select({ nodeId: '1:3', notes: ['style'] });
    await button('Fill the frame with 4 variants').waitFor();
    const obstacle = { name: 'Headline', why: 'text' } as const;
    await work.stage.say({ type: 'layout', target: null, area: null, canvas: CANVAS, obstacle });
    await work.stage.ui.getByText('Text is not filled.').waitFor();
    await button('Generate 4 variants').waitFor();
  });

  it('shows another of its pictures, or one of any other job', async () => {
    const pictures = [0, 1].map((index) => ({ jobId: 'job-a', index, seed: index, isShown: index === 0 }));
    await begin({ isEmpty: false, pictures });
    await button('Picture 2, seed 1').click();
    await work
      .sent('choose-fill')
      .toEqual([{ type: 'choose-fill', nodeId: '1:2', jobId: 'job-a', index: 1 }]);
  });

  it('takes a picture that the panel shows', async () => {
    const job = 'job-other-1';
    work = await open({ companion: { jobs: [generateJob(job, { state: 'done' }, {}, [0.9])] } });
    await select();
    const payload = await encodePng(plainPicture(64, 64, [20, 40, 40]));
    const png = { mediaType: 'image/png', width: 64, height: 64 } as const;
    await work.received('resend').toHaveLength(1);
    work.companion.sendFrame({ header: { kind: 'picture', job, picture: 0, seed: 7214, ...png }, payload });
    await button('Use as fill').click();
    const use = { type: 'use-fill', nodeId: '1:2', jobId: job, index: 0, seed: 7214, place: null };
    await work.sent('use-fill').toMatchObject([use]);
  });
});
