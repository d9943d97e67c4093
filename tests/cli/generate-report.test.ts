/** What is told of pictures once they are made. */

import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { GenerateReport } from '../../companion/cli/terminal/generate-report.ts';
import { Output } from '../../companion/cli/terminal/output.ts';
import { plainPicture } from '../../companion/images/picture.ts';
import { LOW_CONFIDENCE, MASK_TROUBLE_ADVICE } from '../../shared/mask.ts';

/** Seeds count from 7; each picture has a mask of each concept, as sure as given. */
async function reported(pictures: readonly Readonly<Record<string, number>>[]): Promise<string[]> {
  const stderr = new PassThrough({ encoding: 'utf8' });
  const output = new Output({ stdout: new PassThrough(), stderr }, false, {});
  const report = new GenerateReport(output, { seed: 7, preview: false });
  for (const [picture, confidences] of pictures.entries()) {
    await report.show({
      type: 'picture',
      ...{ picture, count: pictures.length, seed: 7 + picture, seconds: 1, file: undefined },
      ...{ width: 8, height: 8, png: new Uint8Array(), image: plainPicture(8, 8, [235, 230, 220]) },
      masks: Object.entries(confidences).map(([concept, confidence]) => ({
        ...{ concept, confidence, rows: 2, columns: 2, values: new Float32Array([1, 1, 0, 0]) },
      })),
    });
  }
  report.close();
  return (stderr.read() as string).trim().split('\n');
}

it('names the masks that are probably wrong, and says once what to do about them', async () => {
  const said = await reported([{ aurora: 0.37, mug: 0.81 }, { aurora: 0.72, mug: 0.9 }, { aurora: 0.594 }]);
  expect(said).toEqual([
    '✓ 3 pictures in 3.0 s',
    '  not saved  seed 7',
    '  not saved  seed 8',
    '  not saved  seed 9',
    'warning: seed 7, @aurora: product unclear',
    'warning: seed 9, @aurora: product unclear',
    MASK_TROUBLE_ADVICE.unsure,
  ]);
});

it('tells which pictures are made side by side, and how much of all is done', async () => {
  const stderr = new PassThrough({ encoding: 'utf8' });
  const output = new Output({ stdout: new PassThrough(), stderr }, false, {});
  const report = new GenerateReport(output, { seed: 7, preview: false });
  const preview = plainPicture(8, 8, [235, 230, 220]);
  for (let step = 1; step <= 4; step++) {
    const standing = { step, steps: 4, count: 8, fraction: step / 8, secondsLeft: 4 };
    for (const picture of [0, 1, 2, 3]) {
      await report.show({ type: 'step', picture, ...standing, batch: { first: 0, pictures: 4 }, preview });
    }
  }
  report.close();
  const said = stderr.read() as string;
  expect(said).toContain('pictures 1-4/8');
  expect(said).toContain('16/32');
  expect(said).not.toContain('32/32');
});

it('says nothing of masks that are sure enough, or are not there', async () => {
  const said = await reported([{ aurora: LOW_CONFIDENCE }, {}]);
  expect(said).toEqual(['✓ 2 pictures in 2.0 s', '  not saved  seed 7', '  not saved  seed 8']);
});
