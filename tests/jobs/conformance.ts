/**
 * Conformance suites of JobRepository and JobBroker: what every driver must do. A driver's test file calls them with a
 * function that opens it over an empty place, and again over the same place, as a start after a stop does.
 */

import { describe, expect, it } from 'vitest';
import type { JobBroker, JobEvent } from '../../companion/jobs/job-broker.ts';
import type { JobRecord } from '../../companion/jobs/job-record.ts';
import type { JobRepository } from '../../companion/jobs/job-repository.ts';

const [A, B, C] = ['job-aaaa-1', 'job-bbbb-2', 'job-cccc-3'] as const;

/** A job that has ended, with its prompt. */
function job(id: string, prompt = 'a toy', createdAt = '2026-05-04T10:00:00.000Z'): JobRecord {
  return {
    schema: 2,
    references: [],
    pictures: [],
    state: {
      kind: 'generate',
      job: id,
      status: { state: 'done' },
      createdAt,
      startedAt: createdAt,
      endedAt: createdAt,
      model: 'nano',
      request: { prompt, count: 1, seed: 1, strength: 1, mask: 'median' },
      concepts: [],
      pictures: [],
    },
  };
}

export interface Place<Store> {
  open(): Promise<Store>;
}

export function describeRepository(name: string, newPlace: () => Promise<Place<JobRepository>>): void {
  describe(`${name} keeps jobs`, () => {
    it('that were created or saved, for the next start; the last save stays', async () => {
      const place = await newPlace();
      const repository = await place.open();
      await repository.recover();
      await repository.create(job(A));
      await repository.create(job(B));
      const changed = [1, 2, 3].map((seed) => job(A, `a toy, ${seed}`));
      await Promise.all(changed.map((each) => repository.save(each)));
      const { records, quarantined } = await (await place.open()).recover();
      expect(quarantined).toEqual([]);
      expect(records.map(({ state }) => state.job).sort()).toEqual([A, B]);
      expect(records.find(({ state }) => state.job === A)).toEqual(changed[2]);
    });

    it('until they are removed, once or twice', async () => {
      const place = await newPlace();
      const repository = await place.open();
      await repository.recover();
      await repository.create(job(A));
      await repository.remove(A);
      await repository.remove(A);
      expect((await repository.history({ limit: 10 })).jobs).toEqual([]);
      expect((await (await place.open()).recover()).records).toEqual([]);
    });

    it('and finds them from the newest, in pages, by every word', async () => {
      const repository = await (await newPlace()).open();
      await repository.recover();
      await repository.create(job(A, 'a Café in Paris', '2026-05-01T10:00:00.000Z'));
      await repository.create(job(B, 'a cafe on a beach', '2026-05-02T10:00:00.000Z'));
      await repository.create(job(C, 'a mug', '2026-05-03T10:00:00.000Z'));
      const found = async (query: Partial<Parameters<JobRepository['history']>[0]>) =>
        (await repository.history({ limit: 10, ...query })).jobs.map((each) => each.job);
      expect(await found({})).toEqual([C, B, A]);
      expect(await found({ search: 'cafe' })).toEqual([B, A]);
      expect(await found({ search: 'cafe paris' })).toEqual([A]);
      expect(await found({ limit: 2 })).toEqual([C, B]);
      const { next } = await repository.history({ limit: 2 });
      expect(await found({ before: next! })).toEqual([A]);
    });
  });
}

export function describeBroker(name: string, newPlace: () => Promise<Place<JobBroker>>): void {
  const signal = () => new AbortController().signal;
  const filled = async () => {
    const place = await newPlace();
    const broker = await place.open();
    for (const id of [A, B, C]) await broker.enqueue(id);
    return { place, broker };
  };

  describe(`${name} orders jobs`, () => {
    it('as they came; each is taken once, and one that waits keeps its place', async () => {
      const { broker } = await filled();
      await broker.enqueue(A);
      expect(broker.pending).toEqual([A, B, C]);
      const taken = [];
      for (let count = 0; count < 3; count++) taken.push((await broker.take(signal())).id);
      expect(taken).toEqual([A, B, C]);
      expect(broker.pending).toEqual([]);
    });

    it('anew: before another, last, and not at all where it does not wait', async () => {
      const { broker } = await filled();
      await broker.move(C, A);
      expect(broker.pending).toEqual([C, A, B]);
      await broker.move(C, null);
      expect(broker.pending).toEqual([A, B, C]);
      await broker.move(B, B);
      await broker.move('job-none-0', A);
      expect(broker.pending).toEqual([A, B, C]);
    });

    it('without those that were withdrawn, and withdraws none that was taken', async () => {
      const { broker } = await filled();
      expect(await broker.withdraw(B)).toBe(true);
      expect(await broker.withdraw(B)).toBe(false);
      const { id } = await broker.take(signal());
      expect(await broker.withdraw(id)).toBe(false);
      expect((await broker.take(signal())).id).toBe(C);
    });

    it('gives one to whoever waits, and lets a taker leave', async () => {
      const broker = await (await newPlace()).open();
      const leaving = new AbortController();
      const left = broker.take(leaving.signal);
      const stays = broker.take(signal());
      leaving.abort();
      await expect(left).rejects.toMatchObject({ code: 'cancelled' });
      await broker.enqueue(A);
      expect((await stays).id).toBe(A);
      const late = new AbortController();
      late.abort();
      await expect(broker.take(late.signal)).rejects.toMatchObject({ code: 'cancelled' });
    });

    it('and has them at the next start, those first that were not done', async () => {
      const { place, broker } = await filled();
      const [first, second] = [await broker.take(signal()), await broker.take(signal())];
      expect(second.id).toBe(B);
      await first.done();
      await broker.close();
      expect((await place.open()).pending).toEqual([B, C]);
    });
  });

  describe(`${name} publishes events`, () => {
    const removed = (id: string): JobEvent => ({ type: 'job-removed', job: id });
    const progress = (step: number): JobEvent => ({
      type: 'progress',
      job: A,
      phase: 'teaching',
      step,
      steps: 1000,
      fraction: 0.5,
      secondsLeft: null,
    });

    it('to every subscriber, from its call on, until it leaves or the broker closes', async () => {
      const broker = await (await newPlace()).open();
      expect(broker.hasSubscribers).toBe(false);
      broker.publish(removed(A));
      const [one, other] = [broker.subscribe(), broker.subscribe()];
      expect(broker.hasSubscribers).toBe(true);
      broker.publish(removed(B));
      expect((await one.next()).value).toEqual(removed(B));
      await one.return();
      broker.publish(removed(C));
      await broker.close();
      const rest: JobEvent[] = [];
      for await (const event of other) rest.push(event);
      expect(rest).toEqual([removed(B), removed(C)]);
      expect(broker.hasSubscribers).toBe(false);
    });

    it('without waiting for a slow one, which misses progress and nothing else', async () => {
      const broker = await (await newPlace()).open();
      const slow = broker.subscribe();
      for (let step = 1; step <= 1000; step++) broker.publish(progress(step));
      broker.publish(removed(A));
      await broker.close();
      const events: JobEvent[] = [];
      for await (const event of slow) events.push(event);
      expect(events.length).toBeLessThan(200);
      expect(events.at(-1)).toEqual(removed(A));
    });
  });
}
