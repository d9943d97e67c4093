/** Queues over folders that go when the test ends. */

import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { encodePng } from '../../companion/images/encode.ts';
import { type Picture, picture } from '../../companion/images/picture.ts';
import { openLocalJobs } from '../../companion/jobs/drivers/local/repository.ts';
import type { JobEvent } from '../../companion/jobs/job-broker.ts';
import { JobQueue, type JobQueueOptions } from '../../companion/jobs/job-queue.ts';
import type { JobSpec } from '../../companion/jobs/job-record.ts';
import type { JobModels } from '../../companion/jobs/runs/context.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import type { BlobKey } from '../../companion/storage/blob-store.ts';
import type { AnyJobState } from '../../shared/protocol/job.ts';
import type { GenerateJobSpec, TeachJobSpec } from '../../shared/protocol/requests.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { ScriptedEngine } from './scripted-engine.ts';

export type OpenOptions = Pick<JobQueueOptions, 'engine'> & Partial<JobQueueOptions>;

export interface OpenedQueue {
  readonly queue: JobQueue;
  readonly library: FileLibrary;
}

/** A queue's one model, which is called nano. */
export function fixedModel(folder: string): JobModels {
  return { name: 'nano', folderOf: async () => folder, namedModel: async () => undefined };
}

/** @param home data folder; the same one again is a restart */
export async function openQueue(home: string, options: OpenOptions): Promise<OpenedQueue> {
  const library = new FileLibrary(join(home, 'concepts'));
  const queue = await JobQueue.open({
    stores: await openLocalJobs(join(home, 'jobs')),
    computer: { device: 'auto', cacheFolder: join(home, 'cache'), loraFolder: join(home, 'loras') },
    models: fixedModel('none'),
    library,
    ...options,
  });
  onTestFinished(() => queue.close());
  return { queue, library };
}

/** A queue in an empty folder, whose engine waits before every step. */
export async function blockedQueue(): Promise<OpenedQueue & { readonly engine: ScriptedEngine }> {
  const engine = new ScriptedEngine(false);
  return { engine, ...(await openQueue(await scratchFolder(), { engine })) };
}

function frame(shift: number): Picture {
  const data = Uint8Array.from({ length: 48 * 48 * 3 }, (_, index) => (index * 37 + shift) % 251);
  return picture(48, 48, 3, data);
}

const FRAMES = { 'image-one': frame(0), 'image-two': frame(90) };

/** As a client sends them. */
export async function uploads(): Promise<ReadonlyMap<string, { mediaType: 'image/png'; bytes: Uint8Array }>> {
  const sent = Object.entries(FRAMES).map(async ([id, pixels]) => {
    return [id, { mediaType: 'image/png', bytes: await encodePng(pixels) }] as const;
  });
  return new Map(await Promise.all(sent));
}

/** The same frames, received into the queue's store. */
export async function teachWish(queue: JobQueue, changes: Partial<TeachJobSpec> = {}): Promise<JobSpec> {
  const request = {
    name: 'aurora',
    classWord: 'toy',
    images: ['image-one', 'image-two'],
    seed: 1,
    ...changes,
  };
  const references = new Map<string, BlobKey>();
  for (const [name, pixels] of Object.entries(FRAMES)) {
    references.set(name, (await queue.references.put({ name, pixels, findings: [] })).key);
  }
  return { kind: 'teach', request, references };
}

export function generateWish(changes: Partial<GenerateJobSpec> = {}): JobSpec {
  const request = { prompt: 'a toy on a beach', count: 2, seed: 40, strength: 1, mask: 'median', ...changes };
  return { kind: 'generate', request: request as GenerateJobSpec };
}

/** Resolves with the job's state once it is as asked for. */
export async function when(
  queue: JobQueue,
  id: string,
  isSo: (state: AnyJobState) => boolean,
): Promise<AnyJobState> {
  const events = queue.subscribe();
  try {
    if (isSo(queue.get(id))) return queue.get(id);
    for await (const event of events)
      if (event.type === 'job' && event.job.job === id && isSo(event.job)) break;
    return queue.get(id);
  } finally {
    await events.return();
  }
}

export const ended = (queue: JobQueue, id: string) =>
  when(queue, id, ({ status }) => status.state !== 'queued' && status.state !== 'running');

/** Everything the queue tells from now until it is closed. */
export function recordEvents(queue: JobQueue): JobEvent[] {
  const told: JobEvent[] = [];
  void (async () => {
    for await (const event of queue.subscribe()) told.push(event);
  })();
  return told;
}
