/** A variant that is selected is enlarged from the panel, and its product placed alone. */

import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../companion/images/encode.ts';
import { plainPicture } from '../../../companion/images/picture.ts';
import { routes } from '../../../shared/protocol/http.ts';
import { browserPath } from '../../browser/installed-browser.ts';
import { generateJob } from '../protocol-samples.ts';
import { auroraRecord, useWorkplaces, type Workplace } from '../workplace.ts';

const JOB = 'job-a-0000';

describe.skipIf(browserPath === undefined)('a selected variant', () => {
  const open = useWorkplaces();
  let work: Workplace;
  const button = (name: string) => work.stage.ui.getByRole('button', { name });

  it('is enlarged from the picture as it was made, beside it and as large on the canvas', async () => {
    const picture = Buffer.from(await encodePng(plainPicture(64, 64, [200, 40, 40])));
    const pictures = (path: string) => (path === routes.picture(JOB, 3) ? picture : undefined);
    work = await open({ companion: { pictures }, record: auroraRecord() });
    await button('Upscale 4 times').click();
    await work.received('generate').toHaveLength(1);
    const [image] = work.companion.sentImages;
    expect(image!.address).toContain('use=paint');
    expect([...image!.bytes]).toEqual([...picture]);
    const asked = work.companion.received.find((message) => message.type === 'generate')!;
    expect(asked).toMatchObject({
      ...{ prompt: '@aurora on a beach', count: 1, seed: 7217 },
      concepts: [{ id: 'concept-aurora', version: 1 }],
      upscale: { image: image!.address.split(/[/?]/).at(-2), factor: 4 },
    });
    expect(asked).not.toHaveProperty('size');
    await work.sent('keep-row').toMatchObject([{ width: 64, height: 64, names: [expect.any(String)] }]);
    const { job } = asked as { job: string };
    work.companion.send({ type: 'job', job: generateJob(job, { state: 'running', resumed: false }) });
    work.companion.send({
      ...{ type: 'progress', job, phase: 'sampling', step: 9, steps: 36, fraction: 0.25, secondsLeft: 40 },
      ...{ picture: 0, count: 1, tile: 2, tiles: 9 },
    });
    await work.stage.ui.getByText('Enlarging, tile 3 of 9').waitFor();
  });

  it('is exported from the canvas where the companion has it no more, and no further than pictures go', async () => {
    const record = JSON.parse(auroraRecord()) as { request: object };
    const large = { ...record, request: { ...record.request, size: { width: 2048, height: 1024 } } };
    work = await open({ record: JSON.stringify(large) });
    await expect.poll(() => button('Upscale 4 times').isDisabled()).toBe(true);
    await button('Upscale 2 times').click();
    await work.sent('export').toMatchObject([{ nodeIds: ['1:1'], longestSide: 2048 }]);
    const { exportId } = work.stage.sent.find((message) => message.type === 'export')!;
    const failed = [{ nodeId: '1:1', name: 'Variant', fault: 'gone' as const }];
    await work.stage.say({ type: 'export-done', exportId, failed });
    await work.stage.ui.getByText('deleted').first().waitFor();
    await work.received('generate').toHaveLength(0);
  });

  it('gives its product alone, beside it', async () => {
    const product = Buffer.from(await encodePng(plainPicture(64, 64, [1, 2, 3])));
    const pictures = (path: string) => (path === routes.product(JOB, 3) ? product : undefined);
    work = await open({ companion: { pictures }, record: auroraRecord() });
    await button('Product only').click();
    await work
      .sent('place-cut-out')
      .toMatchObject([{ nodeId: '1:1', name: 'Variant product', isLast: true }]);
  });
});
