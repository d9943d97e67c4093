/** `npm run placing -- --only exact`: products that keep their pixels, counted over seeds, and a sheet to look at. */

import { join, resolve } from 'node:path';
import type { Output } from '../../companion/cli/terminal/output.ts';
import { EXAMPLES } from '../../companion/model-store/catalogue.ts';
import { makeFolder, USER_MODES, writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import { markdownTable } from '../report/markdown-table.ts';
import type { ExactSubject } from '../trials/exact-product.ts';
import type { EvaluationContext } from './command.ts';

/** Steps of a picture that is counted: how good its scene is does not matter. */
const COUNTED_STEPS = 6;

/** Three products of the embedded model: a mug, a backpack, a lamp. */
const PRODUCTS = ['aurora/cutout-01.png', 'summit/cutout-02.png', 'evaluation/lumen/cutout-01.png'] as const;

interface ExactFlags {
  readonly publish?: string;
  readonly seeds: string;
  readonly photos?: string;
}

export async function measureExact(run: EvaluationContext, flags: ExactFlags, output: Output): Promise<void> {
  const { EXACT_SCENES, exactPictures, photoSubjects } = await import('../trials/exact-product.ts');
  const { decodePicture } = await import('../../companion/images/decode.ts');
  const { drawContactSheet } = await import('../../companion/images/sheets/contact-sheet.ts');
  const { encodeJpeg } = await import('../../companion/images/encode.ts');
  const products = await Promise.all(
    PRODUCTS.map(async (file): Promise<ExactSubject> => {
      return { name: file.split('/').at(-2)!, cutOut: await decodePicture(join(EXAMPLES, file)) };
    }),
  );
  const sheet = [];
  for (const product of products) {
    const pictures = [];
    const shown = { ...run, seeds: EXACT_SCENES.length, steps: undefined };
    for await (const { image } of exactPictures(shown, product)) pictures.push(image);
    sheet.push({ label: product.name, pictures, captions: EXACT_SCENES });
  }
  const title = 'Scenes painted around cut-outs that keep their pixels';
  const drawn = await encodeJpeg(await drawContactSheet({ title, rows: sheet, cellSize: 270 }));
  const folder = flags.publish === undefined ? run.work : join(resolve(flags.publish), 'images');
  await makeFolder(folder, USER_MODES);
  await writeFileAtomically(join(folder, 'placing-exact.jpg'), drawn, USER_MODES);

  const photos = flags.photos === undefined ? [] : await photoSubjects(flags.photos);
  const seeds = Number(flags.seeds);
  const rows: string[][] = [];
  for (const [label, subjects, each] of [
    ['three products of the embedded model', products, 2 * seeds],
    ['photos', photos, 2],
  ] as const) {
    const sums = { pictures: 0, pixels: 0, changed: 0 };
    for (const subject of subjects) {
      for await (const made of exactPictures({ ...run, seeds: each, steps: COUNTED_STEPS }, subject)) {
        sums.pictures++;
        sums.pixels += made.pixels;
        sums.changed += made.changed;
      }
      output.say(`${subject.name}: ${sums.changed} of ${sums.pixels} pixels differ so far.`);
    }
    if (subjects.length > 0)
      rows.push([label, ...Object.values(sums).map((sum) => sum.toLocaleString('en'))]);
  }
  output.answer(markdownTable(['cut-outs', 'pictures', 'pixels compared', 'pixels that differ'], rows));
}
