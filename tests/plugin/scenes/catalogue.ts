/** Catalogues: asked for, and on their way. */

import { emptyGenerate } from '../../../plugin/ui/work/drafts.ts';
import { examplePicture } from '../example-pictures.ts';
import { TOKEN } from '../fake-gate.ts';
import { catalogueJob } from '../protocol-samples.ts';
import { open, running, type Scene, SPRING, withLibrary } from './scene.ts';

export const CATALOGUE_SCENES: readonly Scene[] = [
  {
    name: 'catalogue-form',
    companion: () => Object.assign(withLibrary(), { presets: [SPRING] }),
    act: async (stage) => {
      await open(stage, TOKEN, JSON.stringify({ ...emptyGenerate(), prompt: '@aurora on a beach' }));
      await stage.ui.getByRole('button', { name: 'Make a catalogue of several products' }).click();
      await stage.ui.getByLabel('Preset', { exact: true }).selectOption('Spring light');
      for (const name of ['@aurora', '@summit', '64 × 64', '80 × 56'])
        await stage.ui.getByRole('button', { name, exact: true }).click();
      await stage.ui.getByRole('button', { name: 'Make 8 pictures' }).waitFor();
    },
  },
  {
    name: 'catalogue-file',
    companion: () => Object.assign(withLibrary(), { presets: [SPRING] }),
    act: async (stage) => {
      await open(stage, TOKEN, JSON.stringify({ ...emptyGenerate(), prompt: '@aurora on a beach' }));
      await stage.ui.getByRole('button', { name: 'Make a catalogue of several products' }).click();
      const rows = ['on a quay', 'on a picnic blanket', 'a shelf with {product} on it'].flatMap((scene) =>
        ['aurora', 'summit', 'zephyr'].map(
          (product) => `${product},${scene},${product === 'summit' ? '64x96' : '64x64'},7`,
        ),
      );
      const buffer = Buffer.from(`product,scene,size,sku\n${rows.join('\n')}\n`);
      const file = { name: 'spring-range.csv', mimeType: 'text/csv', buffer };
      await stage.ui.getByLabel('Catalogue from a CSV file').setInputFiles(file);
      await stage.ui.getByText('Line 4: The library has no @zephyr.').waitFor();
    },
  },
  {
    name: 'catalogue',
    companion: () => {
      return Object.assign(withLibrary(), {
        catalogues: [catalogueJob('job-of-cells', running, [0, 1, 2, 3, 4], [5])],
        pictures: (path: string) => {
          const number = /pictures\/(\d)/.exec(path);
          if (number === null) return undefined;
          const product = ['aurora', 'summit'][Math.floor(Number(number[1]) / 2) % 2]!;
          return examplePicture(`${product}/scene-0${1 + (Number(number[1]) % 2)}.png`);
        },
      });
    },
    act: async (stage, companion) => {
      await open(stage);
      const { ui } = stage;
      await ui.getByRole('button', { name: /^Catalogue of/ }).click();
      companion.send({
        ...{ type: 'progress', job: 'job-of-cells', phase: 'sampling', step: 12, steps: 30, fraction: 0.8 },
        ...{ secondsLeft: 9, picture: 6, count: 8 },
      });
      await ui.getByText('5 of 8 pictures, 1 failed').waitFor();
      await ui.getByAltText('@aurora, on a beach, 96 × 64, seed 0').waitFor();
    },
  },
];
