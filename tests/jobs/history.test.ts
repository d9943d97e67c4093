import { mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { searchHistory } from '../../companion/jobs/history.ts';
import type { JobRecord } from '../../companion/jobs/job-record.ts';
import { jobsToForget } from '../../companion/jobs/job-records.ts';
import { JOBS_MAX_BYTES } from '../../shared/protocol/limits.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { ended, generateWish, openQueue, teachWish } from './opened-queue.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = new Date('2026-11-23T12:00:00Z');

/** A generation that ended `daysAgo`, of one picture. */
function past(index: number, { daysAgo = 1, sizeBytes = 100, prompt = `scene ${index}` } = {}): JobRecord {
  const at = new Date(NOW.getTime() - daysAgo * DAY_MS).toISOString();
  const picture = { picture: 0, seed: index, width: 16, height: 16, seconds: 1, masks: [] };
  return {
    schema: 2,
    references: [],
    pictures: [{ sizeBytes, masks: [] }],
    state: {
      kind: 'generate',
      job: `job-${String(index).padStart(6, '0')}`,
      status: { state: 'done' },
      createdAt: at,
      startedAt: at,
      endedAt: at,
      model: 'nano',
      request: { prompt, count: 1, seed: index, strength: 1, mask: 'adaptive' },
      concepts: [{ id: '0123456789abcdef', name: 'aurora', version: 3 }],
      pictures: [picture],
    },
  };
}

const numbers = (ids: readonly string[]) => ids.map((id) => Number(id.slice(4)));

const byId = (records: readonly JobRecord[]) => new Map(records.map((record) => [record.state.job, record]));

/** Ages of records, from the newest, as somebody has who looked every day. */
function agesOf(records: readonly JobRecord[]): ReadonlyMap<string, number> {
  const days = ({ state }: JobRecord) => (NOW.getTime() - Date.parse(state.createdAt)) / DAY_MS;
  return new Map([...records].reverse().map((record) => [record.state.job, days(record)]));
}

describe('the history', () => {
  it('of long jobs comes in pages that a client can take', () => {
    const records = Array.from({ length: 10 }, (_, index) => past(index, { prompt: 'p'.repeat(2 ** 20) }));
    const seen: string[] = [];
    let pages = 0;
    for (let before: string | null | undefined; before !== null; pages++) {
      const page = searchHistory(records, { limit: 100, before });
      expect(JSON.stringify(page).length).toBeLessThan(JOBS_MAX_BYTES + 1000);
      seen.push(...page.jobs.map(({ job }) => job));
      before = page.next;
    }
    expect([seen.length, new Set(seen).size, pages]).toEqual([10, 10, 4]);
    // One that is longer than a page is shown all the same.
    const long = past(1, { prompt: 'p'.repeat(2 * JOBS_MAX_BYTES) });
    expect(searchHistory([long], { limit: 1 })).toMatchObject({ jobs: [long.state], next: null });
  });

  it('keeps every setting across restarts, and what came of it', async () => {
    const home = await scratchFolder();
    const wish = {
      prompt: 'a Café at dusk',
      negativePrompt: 'rain',
      count: 1,
      size: { width: 16, height: 8 },
    };
    const { queue } = await openQueue(home, { engine: new ScriptedEngine() });
    await queue.submit('job-cafe', generateWish({ ...wish, steps: 9, guidanceScale: 4 }));
    await queue.submit(
      'job-teach',
      await teachWish(queue, { name: 'lamp', classWord: 'desk lamp', mirror: true }),
    );
    await ended(queue, 'job-teach');
    const before = await queue.history.search({ limit: 10 });
    await queue.close();
    const again = await openQueue(home, { engine: new ScriptedEngine() });
    expect(await again.queue.history.search({ limit: 10 })).toEqual(before);
    expect(before.jobs).toMatchObject([
      { job: 'job-teach', request: { mirror: true, seed: 1 }, taught: { seconds: 3 } },
      { request: { ...wish, steps: 9, guidanceScale: 4 }, pictures: [{ masks: [{ confidence: 0.8 }] }] },
    ]);
    expect((await again.queue.history.search({ search: 'CAFE rain', limit: 10 })).jobs).toHaveLength(1);
    expect((await again.queue.history.search({ search: '@lamp desk', limit: 10 })).jobs).toHaveLength(1);
    expect((await again.queue.history.search({ search: 'cafe lamp', limit: 10 })).jobs).toEqual([]);
  });

  it('is searched and paged from the newest, a thousand entries as well as ten', () => {
    const prompt = (index: number) => `${index % 2 === 0 ? 'a beach' : 'a desk'} at dawn`;
    const records = Array.from({ length: 1000 }, (_, index) =>
      past(index, { daysAgo: index, prompt: prompt(index) }),
    );
    const first = searchHistory(records, { search: 'beach @aurora', limit: 3 });
    expect(numbers(first.jobs.map(({ job }) => job))).toEqual([0, 2, 4]);
    // A page goes on at its place when entries went away or came in meanwhile.
    const later = [past(5000, { daysAgo: 0, prompt: 'a beach' }), ...records.slice(5)];
    const next = searchHistory(later, { search: 'beach @aurora', limit: 3, before: first.next! });
    expect(numbers(next.jobs.map(({ job }) => job))).toEqual([6, 8, 10]);
    let pages = 0;
    for (let before: string | undefined; pages === 0 || before !== undefined; pages++) {
      const page = searchHistory(records, { limit: 100, ...(before !== undefined && { before }) });
      before = page.next ?? undefined;
    }
    expect(pages).toBe(10);
  });

  it('forgets what is too old, too many or too large, the oldest first', () => {
    const records = Array.from({ length: 6 }, (_, index) => past(index, { daysAgo: 10 * index }));
    const limits = { maxAgeDays: 1000, maxJobs: 1000, maxBytes: 1e9 };
    const forgotten = (changes: Partial<typeof limits>) =>
      numbers(jobsToForget(byId(records), { ...limits, ...changes }, agesOf(records)));
    expect(forgotten({})).toEqual([]);
    expect(forgotten({ maxAgeDays: 35 })).toEqual([4, 5]);
    expect(forgotten({ maxJobs: 2 })).toEqual([2, 3, 4, 5]);
    expect(forgotten({ maxBytes: 350 })).toEqual([3, 4, 5]);
  });

  it('counts what stopped teachings hold on to', () => {
    const records = [0, 1, 2].map((index) => ({ ...past(index, { daysAgo: index }), savedBytes: 400 }));
    const limits = { maxAgeDays: 1000, maxJobs: 1000, maxBytes: 1100 };
    expect(numbers(jobsToForget(byId(records), limits, agesOf(records)))).toEqual([2]);
  });

  it('does not count or forget jobs that have not ended', () => {
    const waiting = past(1, { daysAgo: 400 });
    const state = { ...waiting.state, status: { state: 'queued', position: 0 } } as const;
    const limits = { maxAgeDays: 1, maxJobs: 0, maxBytes: 0 };
    expect(jobsToForget(byId([{ ...waiting, state }]), limits, agesOf([waiting]))).toEqual([]);
  });

  it('is pruned at the start and after each job, with its folders', async () => {
    const home = await scratchFolder();
    const folder = join(home, 'jobs');
    for (let index = 0; index < 5; index++) {
      const record = past(index, { daysAgo: index });
      await mkdir(join(folder, record.state.job), { recursive: true });
      await writeFile(join(folder, record.state.job, 'job.json'), JSON.stringify(record));
    }
    const limits = { maxAgeDays: 1000, maxJobs: 3 };
    const now = () => NOW;
    const { queue } = await openQueue(home, { engine: new ScriptedEngine(), limits, now });
    expect(numbers((await readdir(folder)).filter((name) => name.startsWith('job-')))).toEqual([0, 1, 2]);
    await queue.submit('job-9999', generateWish({ count: 1 }));
    await ended(queue, 'job-9999');
    await queue.close();
    expect(queue.jobs().map(({ job }) => job)).toEqual(['job-9999', 'job-000000', 'job-000001']);
  });

  it('loses nothing to a clock that jumps, and ages by the days on which it was opened', async () => {
    const home = await scratchFolder();
    const options = { engine: new ScriptedEngine(), limits: { maxAgeDays: 3 } };
    const openAt = async (moment: string) => {
      const { queue } = await openQueue(home, { ...options, now: () => new Date(moment) });
      return queue;
    };
    const first = await openAt('1970-01-01T00:00:00Z');
    await first.submit('job-at-1970', generateWish({ count: 1 }));
    await ended(first, 'job-at-1970');
    await first.close();
    const jumps = ['2026-11-23', '2056-01-01', '1970-01-01', '2026-11-23', '2056-01-01'];
    for (const date of jumps) {
      const queue = await openAt(`${date}T12:00:00Z`);
      expect(queue.jobs().map(({ job }) => job)).toEqual(['job-at-1970']);
      await queue.close();
    }
    for (const [date, left] of [
      ['2026-11-24', 1],
      ['2026-11-25', 0],
    ] as const) {
      const queue = await openAt(`${date}T12:00:00Z`);
      expect(queue.jobs()).toHaveLength(left);
      await queue.close();
    }
  });

  it('keeps the last job made, whatever date its clock gave it', async () => {
    const home = await scratchFolder();
    const limits = { maxJobs: 2 };
    for (const [index, year] of [2026, 2056, 1970].entries()) {
      const now = () => new Date(Date.UTC(year, 5, 1));
      const { queue } = await openQueue(home, { engine: new ScriptedEngine(), limits, now });
      await queue.submit(`job-number-${index}`, generateWish({ count: 1 }));
      await ended(queue, `job-number-${index}`);
      await queue.close();
    }
    const { queue } = await openQueue(home, { engine: new ScriptedEngine(), limits });
    expect(
      queue
        .jobs()
        .map(({ job }) => job)
        .sort(),
    ).toEqual(['job-number-1', 'job-number-2']);
  });

  it('may lose a job while its run still tidies up', async () => {
    const { queue } = await openQueue(await scratchFolder(), { engine: new ScriptedEngine() });
    const events = queue.subscribe();
    await queue.submit('job-done', generateWish());
    for await (const event of events) {
      if (event.type === 'job' && event.job.status.state === 'done') break;
    }
    const removal = queue.history.remove('job-done');
    expect(queue.jobs()).toEqual([]);
    expect(queue.replay).toEqual([]);
    await removal;
  });

  it('gives the pictures that are whole, and says which file is not', async () => {
    const home = await scratchFolder();
    const { queue } = await openQueue(home, { engine: new ScriptedEngine() });
    await queue.submit('job-done', generateWish({ count: 3 }));
    await ended(queue, 'job-done');
    const given = async (): Promise<readonly unknown[]> => {
      const seen: unknown[] = [];
      try {
        for await (const { header } of queue.history.frames('job-done')) {
          if (header.kind === 'picture') seen.push(header.picture);
        }
      } catch (error) {
        seen.push((error as Error).message);
      }
      return seen;
    };
    expect(await given()).toEqual([0, 1, 2]);
    const file = join(home, 'jobs/job-done/picture-1.png');
    const { size } = await stat(file);
    await truncate(file, size - 1);
    expect(await given()).toEqual([0, 2, `${file} is damaged`]);
    const mask = join(home, 'jobs/job-done/mask-2-0.bin');
    await truncate(mask, 1);
    await rm(file);
    expect(await given()).toEqual([0, 2, 'a file of this job is no longer there']);
    const ofLast = queue.history.frames('job-done', 2);
    expect((await ofLast.next()).value).toMatchObject({ header: { kind: 'picture', picture: 2 } });
    await expect(ofLast.next()).rejects.toMatchObject({ code: 'storage', message: `${mask} is damaged` });
  });

  it('is emptied by people, but not of what is under way', async () => {
    const home = await scratchFolder();
    const engine = new ScriptedEngine();
    const { queue } = await openQueue(home, { engine });
    await queue.submit('job-done', generateWish());
    await ended(queue, 'job-done');
    engine.free = false;
    await queue.submit('job-runs', generateWish());
    await expect(queue.history.remove('job-runs')).rejects.toMatchObject({ code: 'input' });
    await queue.history.removeEnded();
    expect(queue.jobs().map(({ job }) => job)).toEqual(['job-runs']);
    await expect(queue.history.picture('job-done', 0)).rejects.toMatchObject({ code: 'job-unknown' });
    expect(await readdir(join(home, 'jobs'))).not.toContain('job-done');
  });
});
