import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLocalJobs } from '../../companion/jobs/drivers/local/repository.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { describeBroker, describeRepository } from './conformance.ts';

async function newPlace() {
  const folder = join(await scratchFolder(), 'jobs');
  return { folder, open: () => openLocalJobs(folder) };
}

describeRepository('the local driver', async () => {
  const { open } = await newPlace();
  return { open: async () => (await open()).repository };
});

describeBroker('the local driver', async () => {
  const { folder, open } = await newPlace();
  await mkdir(folder, { recursive: true });
  return { open: async () => (await open()).broker };
});

it('quarantines a record that cannot be read, with the reason, and goes on', async () => {
  const { folder, open } = await newPlace();
  await mkdir(join(folder, 'job-damaged-1'), { recursive: true });
  await writeFile(join(folder, 'job-damaged-1', 'job.json'), '{"schema":1');
  const { records, quarantined } = await (await open()).repository.recover();
  expect(records).toEqual([]);
  expect(quarantined).toHaveLength(1);
  expect(await readFile(join(quarantined[0]!.folder, 'reason.txt'), 'utf8')).toContain(
    'job.json cannot be used',
  );
});

it('takes jobs in the order that is left of a damaged one', async () => {
  const { folder, open } = await newPlace();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'order.json'), '["job-aaaa-1", 7, "job-aaaa-1", "job-b');
  const { broker } = await open();
  expect(broker.pending).toEqual([]);
});
