import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JobStore } from '../../companion/jobs/drivers/local/job-store.ts';
import { openLocalJobs } from '../../companion/jobs/drivers/local/repository.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { canMount, onSmallDisk } from '../storage/small-disk.ts';
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

it.skipIf(!canMount)('records that a job failed on a full disk (needs unshare)', async () => {
  const disk = await scratchFolder();
  const printed = await onSmallDisk(
    disk,
    `import { statfsSync, writeFileSync } from 'node:fs';
     import { openLocalJobs } from './companion/jobs/drivers/local/repository.ts';
     import { newJob } from './companion/jobs/job-record.ts';
     const folder = ${JSON.stringify(join(disk, 'jobs'))};
     const fill = (name) => {
       const { bavail, bsize } = statfsSync(${JSON.stringify(disk)});
       try { writeFileSync(${JSON.stringify(disk)} + name, new Uint8Array(bavail * bsize + bsize)); } catch {}
     };
     const { repository } = await openLocalJobs(folder);
     await repository.recover();
     const request = { prompt: 'a toy', count: 1, seed: 1, strength: 1, mask: 'median' };
     const make = (id) => newJob(id, { kind: 'generate', request }, { model: 'nano', now: new Date() });
     const jobs = ['job-full-1', 'job-full-2'].map(make);
     for (const job of jobs) await repository.create(job);
     fill('/filler');
     for (const record of jobs) {
       const status = { state: 'failed', code: 'storage', message: 'full', advice: 'Free some space.' };
       const state = { ...record.state, status, endedAt: record.state.createdAt };
       await repository.save({ ...record, state });
     }
     fill('/more');
     const again = await repository.create(make('job-full-3')).then(() => 'created', (error) => error.code);
     const { records } = await (await openLocalJobs(folder)).repository.recover();
     console.log(JSON.stringify([again, records.map(({ state }) => state.status.state)]));`,
    '2m',
  );
  // What could not be recorded is not taken in.
  expect(JSON.parse(printed)).toEqual(['storage', ['failed', 'failed']]);
});

it('empties the quarantine by days of use, whatever the clock says', async () => {
  const { folder } = await newPlace();
  const store = new JobStore(folder);
  await mkdir(join(folder, '.set-aside', 'job-damaged-1'), { recursive: true });
  const left = () => readdir(join(folder, '.set-aside'));
  for (const date of ['2026-11-01', '2056-01-01', '1970-01-01', '2056-01-01', '2026-11-01']) {
    await store.emptyQuarantine(3, new Date(date));
    expect(await left()).toEqual(['job-damaged-1']);
  }
  await store.emptyQuarantine(3, new Date('2026-11-02'));
  expect(await left()).toEqual([]);
});

it('takes jobs in the order that is left of a damaged one', async () => {
  const { folder, open } = await newPlace();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'order.json'), '["job-aaaa-1", 7, "job-aaaa-1", "job-b');
  const { broker } = await open();
  expect(broker.pending).toEqual([]);
});

// Windows lets few accounts make a link.
it.skipIf(process.platform === 'win32')('forgets nothing where ages cannot be read', async () => {
  const { folder, open } = await newPlace();
  await mkdir(folder, { recursive: true });
  const ages = join(folder, 'ages.json');
  await symlink(ages, ages);
  const { repository } = await open();
  expect((await repository.recover()).records).toEqual([]);
  expect(await repository.ages(['job-aaaa-1'], new Date())).toEqual(new Map([['job-aaaa-1', 0]]));
  expect(await readlink(ages)).toBe(ages);
});
