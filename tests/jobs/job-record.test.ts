import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type JobRecord, type JobSpec, newJob, readRecord } from '../../companion/jobs/job-record.ts';
import type { CatalogueJobSpec } from '../../shared/protocol/catalogue.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

const JOB = 'job-aaaa-1';
const SIZE = { width: 64, height: 64 };
const MADE = { picture: 0, seed: 1, ...SIZE, seconds: 1, masks: [] };
const FILES = { sizeBytes: 1, masks: [] };
const SHARED = { strength: 1, mask: 'median' } as const;

function record(spec: JobSpec, state: object, pictures: JobRecord['pictures']): JobRecord {
  const made = newJob(JOB, spec, { model: 'nano', now: new Date() });
  return { ...made, pictures, state: { ...made.state, ...state } as JobRecord['state'] };
}

/** With one picture. */
function generation(pictures: JobRecord['pictures']): JobRecord {
  const request = { ...SHARED, prompt: 'a toy', count: 2, seed: 1 };
  return record({ kind: 'generate', request }, { pictures: [MADE] }, pictures);
}

/** Of two cells, one of which is made. @param changes of its request, once it is a job */
function catalogue(picture: number, changes: Partial<CatalogueJobSpec> = {}): JobRecord {
  const request = { ...SHARED, products: ['toy'], scenes: ['on ice'], sizes: [SIZE], seeds: [1, 2] };
  const state = { request: { ...request, ...changes }, pictures: [{ ...MADE, picture }] };
  return record({ kind: 'catalogue', request }, state, [FILES]);
}

async function readBack(written: JobRecord): Promise<JobRecord> {
  const file = join(await scratchFolder(), 'job.json');
  await writeFile(file, JSON.stringify(written));
  return readRecord(file, JOB);
}

it('is read as it was written', async () => {
  for (const written of [generation([FILES]), catalogue(1)]) expect(await readBack(written)).toEqual(written);
});

const many = Array.from({ length: 64 }, (_, index) => index);

it.each<[string, JobRecord]>([
  ['pictures without files', generation([])],
  ['files without pictures', generation([FILES, FILES])],
  ['masks of no concept', generation([{ ...FILES, masks: [{ rows: 1, columns: 1 }] }])],
  ['the picture of a cell that there is none of', catalogue(2)],
  ['a cell of no product', catalogue(0, { cells: [{ product: 1, scene: 0, size: 0, seed: 0 }] })],
  [
    'more cells than a catalogue may have',
    catalogue(0, { seeds: many, scenes: many.map((at) => `on ${at}`) }),
  ],
])('is refused where it has %s', async (_, written) => {
  await expect(readBack(written)).rejects.toThrow(/pictures|expected at most|in none of the lists/);
});
