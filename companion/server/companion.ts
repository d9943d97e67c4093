/** The companion: engine, library, jobs and server, opened one after the other and closed the other way round. */

import { join } from 'node:path';
import { CONCEPT_TRASH_DAYS } from '../../shared/protocol/limits.ts';
import { pruneSidecars } from '../checkpoint/converted-weights.ts';
import { EngineProcess } from '../engine/process/engine-process.ts';
import { openLocalJobs } from '../jobs/drivers/local/repository.ts';
import { JobQueue } from '../jobs/job-queue.ts';
import { addExamples } from '../library/example-concepts.ts';
import { FileLibrary } from '../library/file-library.ts';
import type { Device, DevicePrecision } from '../runtime/device.ts';
import type { DataFolders } from '../storage/folders.ts';
import { tidyDataFolders } from '../storage/private-folders.ts';
import { CompanionServer } from './companion-server.ts';
import type { ComputerFacts } from './http/computer-routes.ts';
import { MAX_CACHED_WEIGHTS_BYTES } from './limits.ts';
import { errorFields, type Log } from './log.ts';
import type { LoopbackListeners } from './loopback-listeners.ts';
import { ModelController } from './model-controller.ts';
import { ModelInUse } from './model-in-use.ts';
import type { ShowCode } from './pairing.ts';
import { listenOnFirstFree, RunningRecord } from './running-companion.ts';

export interface CompanionOptions {
  readonly folders: DataFolders;
  /** Tried in this order. */
  readonly ports: readonly number[];
  /** Name or path of the base model; undefined: the one that was chosen last. */
  readonly model: string | undefined;
  readonly device: Device | 'auto';
  readonly precision?: DevicePrecision | 'auto';
  readonly threads?: number | undefined;
  readonly deviceMemoryBytes?: number | undefined;
  /** Puts the concepts that come with the model into a library that has none. */
  readonly examples: boolean;
  /** Folder of the plugin's build. */
  readonly pages: string;
  readonly computer: Omit<ComputerFacts, 'folders'>;
  readonly log: Log;
  readonly showCode: ShowCode;
}

export interface Companion {
  readonly port: number;
  readonly modelName: string;
  /** Jobs that an earlier stop left under way or waiting. */
  readonly unfinishedJobs: number;
  renewCode(): void;
  /** The studio's address, by which one page pairs itself. */
  openAddress(): string;
  /** Saves what is under way; it goes on at the next start. */
  close(): Promise<void>;
}

/** @throws LikenessError `input` where one runs already or no port is free, `checkpoint-*`, `storage` */
export async function openCompanion(options: CompanionOptions): Promise<Companion> {
  const { folders, ports, log } = options;
  const record = new RunningRecord(join(folders.home, 'companion.json'));
  await record.requireNone();
  const tellFault = (model: string, error: unknown) =>
    log.warn(
      { model, ...errorFields(error) },
      'the model chosen last cannot be used; another takes its place',
    );
  const inUse = await ModelInUse.open({ wanted: options.model, folders, tellFault });
  const tellTaken = (port: number, words: string) => log.warn({ port }, words);
  const listeners = await record
    .claim(options.computer.version, () => listenOnFirstFree(ports, tellTaken))
    .catch(async (error: unknown) => {
      await inUse.close();
      throw error;
    });
  try {
    return await openOn(listeners, inUse, options, record);
  } catch (error) {
    // As where claim fails: the port must not outlive this.
    for (const server of listeners.servers) server.close();
    await record.remove();
    await inUse.close();
    throw error;
  }
}

async function openOn(
  listeners: LoopbackListeners,
  inUse: ModelInUse,
  options: CompanionOptions,
  record: RunningRecord,
): Promise<Companion> {
  const { folders, device, precision, threads, log } = options;
  await tidyDataFolders(folders, true);
  const library = new FileLibrary(folders.concepts);
  await library.purge(CONCEPT_TRASH_DAYS);
  if (options.examples) await addExamples(library, { model: inUse.folder, home: folders.home });
  await pruneSidecars(folders.cache, MAX_CACHED_WEIGHTS_BYTES);
  const engine = new EngineProcess();
  const queue = await JobQueue.open({
    stores: await openLocalJobs(join(folders.home, 'jobs')),
    engine,
    computer: {
      device,
      precision,
      threads,
      deviceMemoryBytes: options.deviceMemoryBytes,
      cacheFolder: folders.cache,
      loraFolder: folders.loras,
      modelsFolder: folders.models,
    },
    models: inUse,
    library,
  });
  for (const { reason } of queue.quarantined)
    log.warn({ reason }, 'a job could not be read and was quarantined');
  const models = await ModelController.open({ inUse, folders, queue, engine, env: process.env });
  const stopJobs = async () => {
    await Promise.all([queue.close(), models.close()]);
    await engine.close();
  };
  try {
    const server = await startServer(listeners, queue, library, models, options);
    return {
      port: server.port,
      modelName: inUse.name,
      unfinishedJobs: queue.unfinishedJobs,
      renewCode: () => server.renewCode(),
      openAddress: () => server.openAddress(),
      close: async () => {
        // The port stays taken until the jobs are saved, so that no other companion takes them up before.
        await stopJobs();
        await server.close();
        await record.remove();
        await inUse.close();
      },
    };
  } catch (error) {
    // Without a server nobody could stop them.
    await stopJobs();
    throw error;
  }
}

function startServer(
  listeners: LoopbackListeners,
  queue: JobQueue,
  library: FileLibrary,
  models: ModelController,
  { folders, pages, computer, log, showCode }: CompanionOptions,
): Promise<CompanionServer> {
  const tokenFile = join(folders.home, 'clients.json');
  const cacheFolder = folders.cache;
  return CompanionServer.start({
    listeners,
    queue,
    library,
    models,
    tokenFile,
    cacheFolder,
    pages,
    computer: { ...computer, folders },
    log,
    showCode,
  });
}
