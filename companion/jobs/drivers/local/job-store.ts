/**
 * JobStore: jobs on disk, a folder each. job.json is written last when a job is made: a folder without one was never
 * promised to a client, and is removed at the next start. Folders that cannot be read are quarantined with the reason.
 */

import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Mutex } from 'async-mutex';
import { ID_PATTERN, type JobId } from '../../../../shared/protocol/ids.ts';
import { AgeLedger } from '../../../storage/age-ledger.ts';
import { makeFolder, writeFileAtomically } from '../../../storage/atomic-file.ts';
import { blobKey } from '../../../storage/blob-store.ts';
import { LocalBlobStore } from '../../../storage/drivers/local/local-blob-store.ts';
import { isDiskFull } from '../../../storage/system-fault.ts';
import { isEnded, type JobRecord, readRecord } from '../../job-record.ts';
import type { QuarantinedJob, RecoveredJobs } from '../../job-repository.ts';
import { JobFiles } from './job-files.ts';

/** No id is called this: ids begin with a letter or digit. */
const QUARANTINE_FOLDER = '.set-aside';

/** Ages of what is in quarantine. */
const QUARANTINE_LEDGER = '.set-aside.json';

/**
 * Space that is set aside for the records of jobs that end on a full disk: without its record, a job that failed would be
 * done again at the next start. A record has a few kilobytes.
 */
const RESERVE_FILE = '.reserve';
const RESERVE_BYTES = 256 * 1024;

const READ_AT_ONCE = 32;

export class JobStore {
  readonly #path: string;
  /** One for each job: a later write must not be overtaken by an earlier one. */
  readonly #writing = new Map<JobId, Mutex>();

  constructor(path: string) {
    this.#path = path;
  }

  files(id: JobId): JobFiles {
    if (!ID_PATTERN.test(id)) throw new Error(`internal: ${JSON.stringify(id)} is no job id`);
    return new JobFiles(join(this.#path, id));
  }

  /** @throws LikenessError `storage` where the folder itself cannot be made or read */
  async load(): Promise<RecoveredJobs> {
    await makeFolder(this.#path);
    const names = (await readdir(this.#path)).filter((name) => ID_PATTERN.test(name)).sort();
    const records: JobRecord[] = [];
    const quarantined: QuarantinedJob[] = [];
    for (let first = 0; first < names.length; first += READ_AT_ONCE) {
      const part = names.slice(first, first + READ_AT_ONCE);
      for (const read of await Promise.all(part.map((name) => this.#read(name)))) {
        if (read === undefined) continue;
        if ('reason' in read) quarantined.push(read);
        else records.push(read);
      }
    }
    return { records, quarantined };
  }

  /** @throws LikenessError `storage`; nothing of the job is left then */
  async create(record: JobRecord): Promise<void> {
    const files = this.files(record.state.job);
    try {
      await makeFolder(files.folder);
      await this.#setSpaceAside();
      await this.save(record);
    } catch (error) {
      await rm(files.folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** @throws LikenessError `storage`; the record before is then untouched */
  async save(record: JobRecord): Promise<void> {
    const id = record.state.job;
    await this.#mutex(id).runExclusive(async () => {
      const write = () => writeFileAtomically(this.files(id).record, JSON.stringify(record));
      await write().catch(async (error: unknown) => {
        if (!isDiskFull(error) || !isEnded(record.state)) throw error;
        await rm(join(this.#path, RESERVE_FILE), { force: true });
        await write();
      });
    });
  }

  async remove(id: JobId): Promise<void> {
    await this.#mutex(id).runExclusive(() => rm(this.files(id).folder, { recursive: true, force: true }));
    this.#writing.delete(id);
  }

  /** Removes what has been in quarantine for `days` days of use or longer: time enough for somebody to look at it. */
  async emptyQuarantine(days: number, now: Date): Promise<void> {
    const quarantine = join(this.#path, QUARANTINE_FOLDER);
    const names = await readdir(quarantine).catch(() => []);
    const ledger = new AgeLedger(new LocalBlobStore(this.#path), blobKey(QUARANTINE_LEDGER));
    for (const [name, age] of await ledger.ages(names, now)) {
      if (age >= days) await rm(join(quarantine, name), { recursive: true, force: true });
    }
  }

  async #read(name: string): Promise<JobRecord | QuarantinedJob | undefined> {
    const files = this.files(name);
    if (await this.#isCutShort(files)) {
      // It may hold frames that nobody would look for here. Where it cannot be removed, the next start tries again.
      await rm(files.folder, { recursive: true, force: true }).catch(() => {});
      return undefined;
    }
    try {
      return await readRecord(files.record, name);
    } catch (error) {
      const reason = `job.json cannot be used: ${(error as Error).message}`;
      return { folder: await this.#quarantine(name, reason), reason };
    }
  }

  /** The companion stopped while it made the job, or while it removed it. */
  async #isCutShort(files: JobFiles): Promise<boolean> {
    const missing = await stat(files.record).catch((error: NodeJS.ErrnoException) => error.code === 'ENOENT');
    return missing === true;
  }

  /** @throws LikenessError `storage`: what could not be recorded is not begun */
  async #setSpaceAside(): Promise<void> {
    const reserve = join(this.#path, RESERVE_FILE);
    const { size } = await stat(reserve).catch(() => ({ size: 0 }));
    // Random, since some file systems keep zeros without taking space.
    if (size !== RESERVE_BYTES) await writeFileAtomically(reserve, randomBytes(RESERVE_BYTES));
  }

  async #quarantine(name: string, reason: string): Promise<string> {
    const quarantine = join(this.#path, QUARANTINE_FOLDER);
    const target = join(quarantine, `${name}-${Date.now()}`);
    try {
      await makeFolder(quarantine);
      await rename(join(this.#path, name), target);
      await writeFileAtomically(join(target, 'reason.txt'), `${reason}\n`);
      return target;
    } catch {
      // It stays where it is, and is looked at again at the next start.
      return join(this.#path, name);
    }
  }

  #mutex(id: JobId): Mutex {
    const mutex = this.#writing.get(id) ?? new Mutex();
    this.#writing.set(id, mutex);
    return mutex;
  }
}
