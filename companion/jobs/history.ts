/** JobHistory: ended jobs in pages, their pictures and masks, and their removal. */

import { LikenessError } from '../../shared/errors.ts';
import type { History, HistoryQuery } from '../../shared/protocol/http.ts';
import type { JobId } from '../../shared/protocol/ids.ts';
import type { ImageFrame } from '../../shared/protocol/image-frame.ts';
import { isCatalogue, isUsual } from '../../shared/protocol/job.ts';
import { JOBS_MAX_BYTES } from '../../shared/protocol/limits.ts';
import type { LayerName } from '../../shared/protocol/product.ts';
import { searchKey, searchWords } from '../library/search.ts';
import { firstWithin, isEnded, type JobRecord, newestFirst, pictureFilesOf } from './job-record.ts';
import type { JobRecords } from './job-records.ts';
import type { JobRepository } from './job-repository.ts';
import { pictureFrames } from './runs/context.ts';

export class JobHistory {
  readonly #records: JobRecords;
  readonly #repository: JobRepository;

  constructor(records: JobRecords, repository: JobRepository) {
    this.#records = records;
    this.#repository = repository;
  }

  /** Page of ended jobs, from the newest. */
  search(query: HistoryQuery): Promise<History> {
    return this.#repository.history(query);
  }

  /** PNG of a finished picture. @throws LikenessError `job-unknown`, `storage` */
  async picture(id: JobId, picture: number): Promise<Uint8Array> {
    if (pictureFilesOf(this.#records.record(id), picture) === undefined) {
      throw new LikenessError('job-unknown', `job ${id} has no picture ${picture}`);
    }
    return this.#records.files(id).readPicture(picture);
  }

  /** PNG of a layer of a finished picture. @throws LikenessError `job-unknown`, `storage` */
  async layer(id: JobId, picture: number, layer: LayerName): Promise<Uint8Array> {
    const { state } = this.#records.record(id);
    const made = state.kind === 'generate' ? state.pictures[picture] : undefined;
    if (made?.product?.layers.some(({ name }) => name === layer) !== true) {
      throw new LikenessError('job-unknown', `picture ${picture} of job ${id} has no layer ${layer}`);
    }
    return this.#records.files(id).readLayer(picture, layer);
  }

  /**
   * Finished pictures of a job, also of one that runs, each followed by its masks.
   * @param only the number of one; default: all
   * @throws LikenessError `job-unknown`; `storage` where files are gone or damaged, once those of the other pictures were given
   */
  async *frames(id: JobId, only?: number): AsyncGenerator<ImageFrame, void> {
    const record = this.#records.record(id);
    const { state } = record;
    if (state.kind === 'teach') return;
    const faults: unknown[] = [];
    for (const summary of state.pictures) {
      const { picture } = summary;
      if (only !== undefined && picture !== only) continue;
      try {
        yield* pictureFrames(id, summary, pictureFilesOf(record, picture)!, this.#records.files(id));
      } catch (error) {
        faults.push(error);
      }
    }
    if (faults.length > 0) throw faults[0];
  }

  /** Removes an ended job with its pictures. @throws LikenessError `job-unknown`; `input` while it is under way */
  async remove(id: JobId): Promise<void> {
    if (!isEnded(this.#records.record(id).state)) {
      throw new LikenessError('input', `job ${id} is under way`, { advice: 'Cancel it first.' });
    }
    await this.#records.remove(id);
  }

  async removeEnded(): Promise<void> {
    for (const { job } of this.#records.ended()) await this.#records.remove(job);
  }
}

/** Ended jobs that have every word in a prompt, name or class word, from the newest. */
export function searchHistory(
  records: Iterable<JobRecord>,
  { search = '', before, limit }: HistoryQuery,
): History {
  const words = searchWords(search);
  const found = [...records]
    .filter((record) => isEnded(record.state) && (before === undefined || cursorOf(record) < before))
    .filter((record) => {
      const text = searchedText(record);
      return words.every((word) => text.includes(word));
    })
    .sort(newestFirst);
  const states = firstWithin(
    found.slice(0, limit).map(({ state }) => state),
    JOBS_MAX_BYTES,
  );
  const next = found.length > states.length ? cursorOf(found[states.length - 1]!) : null;
  return { jobs: states.filter(isUsual), catalogues: states.filter(isCatalogue), next };
}

/** Sorts as the history does, so that a page goes on at its place even when that job has been removed. */
function cursorOf({ state: { createdAt, job } }: JobRecord): string {
  return `${createdAt} ${job}`;
}

/** Worked out once a record, which is another object whenever it changes. */
const searchedTexts = new WeakMap<JobRecord, string>();

function searchedText(record: JobRecord): string {
  const known = searchedTexts.get(record);
  if (known !== undefined) return known;
  const text = textOf(record);
  searchedTexts.set(record, text);
  return text;
}

function textOf({ state }: JobRecord): string {
  if (state.kind === 'teach') return searchKey(`@${state.request.name} ${state.request.classWord}`);
  if (state.kind === 'catalogue') {
    const { products, scenes, preset = '' } = state.request;
    return searchKey([...products.map((name) => `@${name}`), ...scenes, preset].join(' '));
  }
  const names = state.concepts.map(({ name }) => `@${name}`);
  return searchKey([state.request.prompt, state.request.negativePrompt ?? '', ...names].join(' '));
}
