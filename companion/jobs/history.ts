/** What jobs have made, as it is looked at later: pages of ended ones, pictures, and taking them away. */

import { LikenessError } from '../../shared/errors.ts';
import type { History, HistoryQuery } from '../../shared/protocol/http.ts';
import type { JobId } from '../../shared/protocol/ids.ts';
import type { ImageFrame } from '../../shared/protocol/image-frame.ts';
import { searchHistory } from './history-search.ts';
import { isEnded } from './job-record.ts';
import type { JobLedger } from './job-repository.ts';
import { pictureFrames } from './runs/picture-frames.ts';

export class JobHistory {
  readonly #ledger: JobLedger;

  constructor(ledger: JobLedger) {
    this.#ledger = ledger;
  }

  /** Ended jobs, from the newest. */
  search(query: HistoryQuery): History {
    return searchHistory(this.#ledger.records(), query);
  }

  /** A finished picture as PNG, with its record. @throws LikenessError `job-unknown`, `storage` */
  async picture(id: JobId, picture: number): Promise<Uint8Array> {
    if (this.#ledger.record(id).pictures[picture] === undefined) {
      throw new LikenessError('job-unknown', `job ${id} has no picture ${picture}`);
    }
    return this.#ledger.files(id).readPicture(picture);
  }

  /** All finished pictures of a job, also of one that runs, and their masks. @throws LikenessError `job-unknown`, `storage` */
  async *frames(id: JobId): AsyncGenerator<ImageFrame, void> {
    const { state, pictures } = this.#ledger.record(id);
    if (state.kind !== 'generate') return;
    for (const summary of state.pictures) {
      yield* pictureFrames(id, summary, pictures[summary.picture]!, this.#ledger.files(id));
    }
  }

  /** Forgets an ended job and its pictures. @throws LikenessError `job-unknown`; `input` while it is under way */
  async remove(id: JobId): Promise<void> {
    if (!isEnded(this.#ledger.record(id).state)) {
      throw new LikenessError('input', `job ${id} is under way`, { advice: 'Cancel it first.' });
    }
    await this.#ledger.remove(id);
  }

  async removeEnded(): Promise<void> {
    for (const { job } of this.#ledger.ended()) await this.#ledger.remove(job);
  }
}
