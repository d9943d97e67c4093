import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Check, outcomes } from './check.ts';
import { noisePrediction } from './checks/noise-prediction.ts';
import { trajectories } from './checks/trajectories.ts';
import { CHECKS, HALF_CHECKS } from './checks.ts';
import { GoldenDirectory } from './golden-directory.ts';
import { isFailure } from './report.ts';

const ROOT = resolve(import.meta.dirname, '../../../shared/golden');

/** What each directory is known to lack: anything else that is left out is a mistake. */
const OMISSIONS: Readonly<Record<string, readonly string[]>> = {
  nano: ['conditioning', 'inpainting, the kept part', 'vanishing gradients', 'styles', 'single file'],
  sdxl: ['self-attention', 'tiny VAE', 'inpainting, the kept part', 'vanishing gradients'],
  inpaint9: [
    'conditioning',
    'self-attention',
    'tiny VAE',
    'prompt to picture',
    'gradients',
    'gradients against float64',
    'adapted projections in training',
    'AdamW steps',
    'localization',
    'LoRA files',
    'styles',
  ],
  narrow16: [
    'conditioning',
    'self-attention',
    'weights of pipeline_fp16',
    'inpainting, the kept part',
    'adapted projections in training',
    'vanishing gradients',
    'styles',
    'single file',
  ],
  sd2: [
    'conditioning',
    'self-attention',
    'inpainting, the kept part',
    'vanishing gradients',
    'styles',
    'single file',
  ],
};

/** Failed comparisons of a check, and the names of those that could not be made. */
async function findings(check: Check, golden: GoldenDirectory) {
  const failures: string[] = [];
  const omitted: string[] = [];
  for await (const outcome of outcomes(check, golden)) {
    if (outcome.kind === 'omission') omitted.push(outcome.check);
    else if (isFailure(outcome)) {
      failures.push(`${outcome.check}: ${outcome.error} > ${outcome.tolerance.limit} ${outcome.note ?? ''}`);
    }
  }
  return { failures, omitted };
}

for (const [name, known] of Object.entries(OMISSIONS)) {
  const folder = join(ROOT, name);
  const absent = !existsSync(folder);

  describe.skipIf(absent)(`golden ${name}${absent ? ` (no reference data at ${folder})` : ''}`, () => {
    let golden: GoldenDirectory;
    const omitted: string[] = [];
    beforeAll(async () => {
      // Two test processes share the cores, and graphs this small gain nothing from a second thread.
      golden = await GoldenDirectory.open(folder, { threads: 1 });
    });
    afterAll(() => golden.close());

    it.each(CHECKS.map((check) => [check.subject, check] as const))('%s', async (_subject, check) => {
      const { failures, omitted: left } = await findings(check, golden);
      omitted.push(...left);
      expect(failures).toEqual([]);
    });

    it('leaves out only what the directory is known to lack', () => expect(omitted).toEqual(known));
  });
}

for (const name of Object.keys(OMISSIONS)) {
  const folder = join(ROOT, name);
  const absent = !existsSync(folder);

  describe.skipIf(absent)(
    `golden ${name} in half precision${absent ? ` (no reference data at ${folder})` : ''}`,
    () => {
      let golden: GoldenDirectory;
      beforeAll(async () => {
        golden = await GoldenDirectory.open(folder, { threads: 1, precision: 'float16' });
      });
      afterAll(() => golden.close());

      it.each(HALF_CHECKS.map((check) => [check.subject, check] as const))('%s', async (_subject, check) => {
        expect((await findings(check, golden)).failures).toEqual([]);
      });
    },
  );
}

/** What runs the denoiser, step by step. */
const DENOISING = [noisePrediction, trajectories];

for (const name of ['narrow16', 'sd2', 'sdxl']) {
  const folder = join(ROOT, name);
  const absent = !existsSync(folder);

  describe.skipIf(absent)(
    `golden ${name} with every convolution that can in Winograd’s form${absent ? ` (no reference data at ${folder})` : ''}`,
    () => {
      let golden: GoldenDirectory;
      beforeAll(async () => {
        golden = await GoldenDirectory.open(folder, { threads: 1, winograd: 'always' });
      });
      afterAll(() => golden.close());

      it.each(DENOISING.map((check) => [check.subject, check] as const))('%s', async (_subject, check) => {
        expect((await findings(check, golden)).failures).toEqual([]);
        const written = await readdir(golden.scratch);
        expect(written.length).toBeGreaterThan(0);
      });
    },
  );
}
