/** PullEvent: what a pull reports; and TransferMeter, which reports progress a few times a second, not with every packet. */

import type { DownloadEvent } from '../hub/download.ts';

/** Events of one file. */
export type FetchEvent =
  | DownloadEvent
  /** Its bytes were in the cache of other programs. */
  | { readonly type: 'cached'; readonly path: string }
  | {
      readonly type: 'fetched';
      readonly path: string;
      readonly sizeBytes: number;
      readonly sha256: string;
    };

/** Events of a whole pull: progress now and then, in place of single packets. */
export type PullEvent =
  | Exclude<FetchEvent, { readonly type: 'received' }>
  | TransferProgress
  | {
      readonly type: 'repository';
      readonly repository: string;
      readonly commit: string;
      readonly licence: string | undefined;
    }
  /** The small decoder of its latents comes with it, from a repository of its own. */
  | {
      readonly type: 'fast-decoder';
      readonly repository: string;
      readonly commit: string;
      readonly licence: string | undefined;
    }
  /** There would be one, which cannot be had now. */
  | { readonly type: 'no-fast-decoder'; readonly repository: string; readonly reason: string }
  /** There are no weights in the wished precision. */
  | { readonly type: 'precision'; readonly component: string; readonly wished: string; readonly got: string }
  /** Weights to be fetched; `receivedBytes` of them earlier runs have left. */
  | {
      readonly type: 'weights';
      readonly files: number;
      readonly sizeBytes: number;
      readonly receivedBytes: number;
    }
  /** Weights that are here already, as they should be. */
  | { readonly type: 'kept'; readonly path: string }
  | PulledEvent;

export type PulledEvent = {
  readonly type: 'pulled';
  readonly name: string;
  readonly folder: string;
  readonly repository: string;
  readonly commit: string;
  readonly licence: string | undefined;
  readonly parameters: number;
  /** Files that were fetched, of all that the model has. */
  readonly fetched: number;
  readonly files: number;
  /** Every host that was asked for something. */
  readonly hosts: readonly string[];
};

export type TransferProgress = {
  readonly type: 'progress';
  /** The file under way. */
  readonly path: string;
  /** Received of all files together. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Over the last seconds; 0 while it is not known. */
  readonly bytesPerSecond: number;
  /** Not finite while it is not known. */
  readonly secondsLeft: number;
};

const REPORT_INTERVAL_MS = 250;
/** Marks that the speed is taken over: ten seconds smooth a wireless network, and follow one that slows down. */
const WINDOW_MARKS = 40;

export class TransferMeter {
  readonly #totalBytes: number;
  readonly #now: () => number;
  readonly #marks: { readonly at: number; readonly bytes: number }[] = [];
  #finishedBytes = 0;

  /** @param now milliseconds, monotonic */
  constructor(totalBytes: number, now: () => number = () => performance.now()) {
    this.#totalBytes = totalBytes;
    this.#now = now;
  }

  /** `bytes` of the file under way are there. Reports nothing within REPORT_INTERVAL_MS of the last report. */
  *received(path: string, bytes: number): Generator<TransferProgress> {
    const at = this.#now();
    const done = this.#finishedBytes + bytes;
    const last = this.#marks.at(-1);
    // A file that begins anew takes bytes back: there is no speed across that.
    if (last !== undefined && done < last.bytes) this.#marks.length = 0;
    else if (last !== undefined && at - last.at < REPORT_INTERVAL_MS) return;
    this.#marks.push({ at, bytes: done });
    if (this.#marks.length > WINDOW_MARKS) this.#marks.shift();
    yield this.#progress(path, done);
  }

  /** A file is whole. */
  finished(path: string, sizeBytes: number): TransferProgress {
    this.#finishedBytes += sizeBytes;
    return this.#progress(path, this.#finishedBytes);
  }

  #progress(path: string, bytes: number): TransferProgress {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    const seconds = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1000;
    const bytesPerSecond = seconds > 0 ? (last!.bytes - first!.bytes) / seconds : 0;
    const secondsLeft =
      bytesPerSecond > 0 ? (this.#totalBytes - bytes) / bytesPerSecond : Number.POSITIVE_INFINITY;
    return { type: 'progress', path, bytes, totalBytes: this.#totalBytes, bytesPerSecond, secondsLeft };
  }
}
