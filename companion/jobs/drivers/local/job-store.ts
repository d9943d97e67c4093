/**
 * Jobs on disk, a folder each. job.json is written last when a job is made: a folder without one was never promised
 * to anybody, and goes at the next start. What cannot be read is set aside with the reason and stops nothing.
 */

import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ID_PATTERN, type JobId } from '../../../../shared/protocol/ids.ts';
import { makeFolder, writeFileAtomically } from '../../../storage/atomic-file.ts';
import { type JobRecord, readRecord } from '../../job-record.ts';
import { JobFiles } from './job-files.ts';

/** No id is called this: ids begin with a letter or digit. */
const ASIDE_FOLDER = '.set-aside';
const ORDER_FILE = 'order.json';

const READ_AT_ONCE = 32;

export interface QuarantinedJob {
  readonly folder: string;
  readonly reason: string;
}

export interface StoredJobs {
  readonly records: readonly JobRecord[];
  /** Ids of those that waited, as they were ordered. */
  readonly order: readonly JobId[];
  readonly quarantined: readonly QuarantinedJob[];
}

export class JobStore {
  readonly #path: string;
  /** The last write of each job: a later one must not be overtaken. */
  readonly #writes = new Map<JobId, Promise<void>>();
  #ordering: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  files(id: JobId): JobFiles {
    if (!ID_PATTERN.test(id)) throw new Error(`internal: ${JSON.stringify(id)} is no job id`);
    return new JobFiles(join(this.#path, id));
  }

  /** @throws LikenessError `storage` where the folder itself cannot be made or read */
  async load(): Promise<StoredJobs> {
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
    return { records, order: await this.#readOrder(), quarantined };
  }

  /** @throws LikenessError `storage`; nothing of the job is left then */
  async create(record: JobRecord, images: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const files = this.files(record.state.job);
    try {
      await makeFolder(files.folder);
      for (const [name, bytes] of images) await writeFileAtomically(files.path(name), bytes);
      await this.save(record);
    } catch (error) {
      await rm(files.folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** @throws LikenessError `storage`; the record before is then untouched */
  save(record: JobRecord): Promise<void> {
    const id = record.state.job;
    const write = () => writeFileAtomically(this.files(id).record, JSON.stringify(record));
    const saved = (this.#writes.get(id) ?? Promise.resolve()).then(write, write);
    this.#writes.set(id, saved);
    return saved;
  }

  saveOrder(order: readonly JobId[]): Promise<void> {
    const write = () => writeFileAtomically(join(this.#path, ORDER_FILE), JSON.stringify(order));
    this.#ordering = this.#ordering.then(write, write);
    return this.#ordering;
  }

  async remove(id: JobId): Promise<void> {
    await this.#writes.get(id)?.catch(() => {});
    this.#writes.delete(id);
    await rm(this.files(id).folder, { recursive: true, force: true });
  }

  /** Deletes what was set aside before `moment`: long enough for somebody to look at it. */
  async forgetSetAside(moment: Date): Promise<void> {
    const aside = join(this.#path, ASIDE_FOLDER);
    for (const name of await readdir(aside).catch(() => [])) {
      const folder = join(aside, name);
      const { mtimeMs } = await stat(folder);
      if (mtimeMs < moment.getTime()) await rm(folder, { recursive: true, force: true });
    }
  }

  async #read(name: string): Promise<JobRecord | QuarantinedJob | undefined> {
    const files = this.files(name);
    if (await this.#isCutShort(files)) {
      // Frames that nobody would look for here. Where it cannot be removed, the next start tries again.
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

  async #quarantine(name: string, reason: string): Promise<string> {
    const aside = join(this.#path, ASIDE_FOLDER);
    const target = join(aside, `${name}-${Date.now()}`);
    try {
      await mkdir(aside, { recursive: true });
      await rename(join(this.#path, name), target);
      await writeFileAtomically(join(target, 'reason.txt'), `${reason}\n`);
      return target;
    } catch {
      // It stays where it is, and is looked at again at the next start.
      return join(this.#path, name);
    }
  }

  /** A damaged order costs the order: the jobs then wait as they were sent. */
  async #readOrder(): Promise<readonly JobId[]> {
    try {
      const order: unknown = JSON.parse(await readFile(join(this.#path, ORDER_FILE), 'utf8'));
      return Array.isArray(order) ? order.filter((id) => typeof id === 'string') : [];
    } catch {
      return [];
    }
  }
}
