/**
 * LocalRepository: JobRepository in a folder of this machine, with one companion at work on it. Records are read once and
 * kept in memory, where the history is searched.
 */

import { join } from 'node:path';
import type { History, HistoryQuery } from '../../../../shared/protocol/http.ts';
import type { JobId } from '../../../../shared/protocol/ids.ts';
import { savedRunOf } from '../../../../shared/protocol/job.ts';
import { HISTORY_MAX_DAYS } from '../../../../shared/protocol/limits.ts';
import { AgeLedger } from '../../../storage/age-ledger.ts';
import { blobKey } from '../../../storage/blob-store.ts';
import { LocalBlobStore } from '../../../storage/drivers/local/local-blob-store.ts';
import { searchHistory } from '../../history.ts';
import { isEnded, type JobRecord, sentFiles } from '../../job-record.ts';
import type { JobRepository, RecoveredJobs } from '../../job-repository.ts';
import type { JobStores } from '../../job-worker.ts';
import { ReferenceStore } from '../../reference-store.ts';
import { LocalBroker } from './broker.ts';
import type { JobFiles } from './job-files.ts';
import { JobStore } from './job-store.ts';

/** Beside the jobs' folders. No id is called this: ids begin with a letter or digit. */
const REFERENCES_FOLDER = '.references';

/** @param folder made where it is not there */
export async function openLocalJobs(folder: string): Promise<JobStores> {
  const repository = new LocalRepository(folder);
  const broker = await LocalBroker.open(join(folder, 'order.json'));
  const references = new ReferenceStore(new LocalBlobStore(join(folder, REFERENCES_FOLDER)));
  return { repository, broker, references, files: (id) => repository.files(id) };
}

class LocalRepository implements JobRepository {
  readonly #store: JobStore;
  readonly #ledger: AgeLedger;
  readonly #records = new Map<JobId, JobRecord>();

  constructor(folder: string) {
    this.#store = new JobStore(folder);
    this.#ledger = new AgeLedger(new LocalBlobStore(folder), blobKey('ages.json'));
  }

  files(id: JobId): JobFiles {
    return this.#store.files(id);
  }

  async recover(): Promise<RecoveredJobs> {
    const { records: stored, quarantined } = await this.#store.load();
    const records = await Promise.all(stored.map((record) => this.#withPicturesThere(record)));
    for (const record of records) {
      const { state, references } = record;
      const mayGoOn = !isEnded(state) || savedRunOf(state) !== undefined;
      await this.files(state.job).removeLeftBehind(sentFiles(references), mayGoOn);
      this.#records.set(state.job, record);
    }
    await this.#store.emptyQuarantine(HISTORY_MAX_DAYS, new Date());
    return { records, quarantined };
  }

  async create(record: JobRecord): Promise<void> {
    await this.#store.create(record);
    const id = record.state.job;
    // A save that was called meanwhile is later.
    if (!this.#records.has(id)) this.#records.set(id, record);
  }

  async save(record: JobRecord): Promise<void> {
    this.#records.set(record.state.job, record);
    await this.#store.save(record);
  }

  async remove(id: JobId): Promise<void> {
    this.#records.delete(id);
    await this.#store.remove(id);
  }

  ages(ids: readonly JobId[], now: Date): Promise<ReadonlyMap<JobId, number>> {
    return this.#ledger.ages(ids, now);
  }

  async history(query: HistoryQuery): Promise<History> {
    return searchHistory(this.#records.values(), query);
  }

  /** A job under way without its pictures from the first whose file is gone or cut short, a catalogue without those: they are made again. */
  async #withPicturesThere(record: JobRecord): Promise<JobRecord> {
    const { state } = record;
    if (state.kind === 'teach' || state.status.state !== 'running') return record;
    const files = this.files(state.job);
    const there = await Promise.all(state.pictures.map(({ picture }) => files.hasPicture(picture)));
    if (state.kind === 'catalogue') {
      const kept = <T>(of: readonly T[]) => of.filter((_, index) => there[index]);
      return {
        ...record,
        state: { ...state, pictures: kept(state.pictures) },
        pictures: kept(record.pictures),
      };
    }
    const missing = there.indexOf(false);
    if (missing === -1) return record;
    return {
      ...record,
      state: { ...state, pictures: state.pictures.slice(0, missing) },
      pictures: record.pictures.slice(0, missing),
    };
  }
}
