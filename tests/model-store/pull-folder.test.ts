import { mkdirSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unfinishedPulls } from '../../companion/model-store/pull-folder.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

/** Files that are renamed while the folder is read: with one, most reads come between. */
const FILES = 40;
const ROUNDS = 200;

describe('a pull that runs while models are listed', () => {
  it('is listed, whatever it renames meanwhile', async () => {
    const models = await scratchFolder();
    const folder = join(models, '.a.pulling');
    mkdirSync(folder);
    const files = Array.from({ length: FILES }, (_, index) => join(folder, `${index}`));
    for (const file of files) writeFileSync(file, 'weights');
    let isReading = true;
    const renaming = (async () => {
      while (isReading) {
        for (const file of files) await rename(file, `${file}.part`);
        for (const file of files) await rename(`${file}.part`, file);
      }
    })();
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const [pull] = await unfinishedPulls(models);
        expect(pull).toMatchObject({ name: 'a', path: folder });
      }
    } finally {
      isReading = false;
      await renaming;
    }
  });
});
