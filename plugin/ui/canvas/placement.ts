import type { MainToUi, UiToMain, WaitingRow } from '../../messages.ts';

/** Frames may have been lost with a connection: what is missing by then is asked for again. */
const ASK_AGAIN_MS = 3_000;
/** A picture that the canvas does not acknowledge by then is given up, so that its batch can be closed. */
const LAST_PICTURES_MS = 15_000;

export type RowLayout = Omit<WaitingRow, 'jobId'>;

type PictureMessage = Extract<UiToMain, { type: 'picture' }>;

interface Batch {
  /** Finals that are on the canvas, or whose placeholder was deleted. */
  readonly settled: Set<number>;
  /** The number of finals there will be; null until the job has ended. */
  expected: number | null;
  readonly timers: ReturnType<typeof setTimeout>[];
}

/**
 * Streams pictures onto the canvas: one at a time, each acknowledged before the next, and of waiting previews only
 * the newest, so that a slow canvas is never buried.
 */
export class CanvasPlacement {
  readonly #send: (message: UiToMain) => void;
  readonly #wanted = new Map<string, RowLayout>();
  readonly #batches = new Map<string, Batch>();
  readonly #waiting = new Map<string, PictureMessage>();
  readonly #askForPictures: (jobId: string) => void;
  #left: ReadonlySet<string> = new Set();
  #busy = false;

  /** @param askForPictures finished pictures of this job are needed, whether they were sent before or not */
  constructor(send: (message: UiToMain) => void, askForPictures: (jobId: string) => void) {
    this.#send = send;
    this.#askForPictures = askForPictures;
  }

  /**
   * Placeholders come when the job starts, not while it waits: batches that overlapped in time would share a step of
   * undo. The canvas remembers the row, for the plugin may be closed meanwhile.
   */
  want(jobId: string, layout: RowLayout): void {
    this.#wanted.set(jobId, layout);
    this.#send({ type: 'keep-row', jobId, ...layout });
  }

  /** @param jobIds all jobs there are: rows of others will never be filled */
  jobsKnown(jobIds: readonly string[]): void {
    for (const jobId of this.#wanted.keys()) if (!jobIds.includes(jobId)) this.#forget(jobId);
  }

  /** Opens the wanted row, or the one that an earlier run of the plugin left. Other documents' jobs have neither. */
  jobStarted(jobId: string): void {
    if (this.#batches.has(jobId)) return;
    const layout = this.#wanted.get(jobId);
    if (layout === undefined && !this.#left.has(jobId)) return;
    this.#wanted.delete(jobId);
    this.#batches.set(jobId, { settled: new Set(), expected: null, timers: [] });
    if (layout === undefined) this.#send({ type: 'find-batch', jobId });
    else this.#send({ type: 'open-batch', jobId, ...layout });
  }

  /** @param pictures how many pictures came of it */
  jobEnded(jobId: string, pictures: number): void {
    // It may have ended before it was ever seen running.
    if (pictures > 0) this.jobStarted(jobId);
    this.#forget(jobId);
    const batch = this.#batches.get(jobId);
    if (batch === undefined || batch.expected !== null) return;
    batch.expected = pictures;
    batch.timers.push(
      setTimeout(() => this.#askForPictures(jobId), ASK_AGAIN_MS),
      setTimeout(() => this.#close(jobId), LAST_PICTURES_MS),
    );
    this.#closeWhenSettled(jobId, batch);
  }

  isOpen(jobId: string): boolean {
    return this.#batches.has(jobId);
  }

  picture(picture: Omit<PictureMessage, 'type'>): void {
    const { jobId, index } = picture;
    const batch = this.#batches.get(jobId);
    if (batch === undefined || batch.settled.has(index)) return;
    const key = `${jobId}/${index}`;
    if (picture.kind === 'preview' && this.#waiting.get(key)?.kind === 'final') return;
    this.#waiting.set(key, { type: 'picture', ...picture });
    this.#sendNext();
  }

  receive(message: MainToUi): void {
    if (message.type === 'hello') {
      this.#left = new Set(message.openBatches);
      for (const { jobId, ...layout } of message.waitingRows)
        if (layout.isScene !== true) this.#wanted.set(jobId, layout);
    } else if (message.type === 'batch') {
      if (message.placeholders > 0) this.#askForPictures(message.jobId);
      else this.#drop(message.jobId);
    } else if (message.type === 'picture-done') {
      this.#busy = false;
      const batch = this.#batches.get(message.jobId);
      if (batch !== undefined && message.kind === 'final') {
        batch.settled.add(message.index);
        this.#closeWhenSettled(message.jobId, batch);
      }
      this.#sendNext();
    }
  }

  #sendNext(): void {
    const [key] = this.#waiting.keys();
    if (this.#busy || key === undefined) return;
    const message = this.#waiting.get(key)!;
    this.#waiting.delete(key);
    this.#busy = true;
    this.#send(message);
  }

  #closeWhenSettled(jobId: string, { settled, expected }: Batch): void {
    if (expected !== null && settled.size >= expected) this.#close(jobId);
  }

  #forget(jobId: string): void {
    if (this.#wanted.delete(jobId)) this.#send({ type: 'forget-row', jobId });
  }

  #close(jobId: string): void {
    if (!this.#batches.has(jobId)) return;
    this.#drop(jobId);
    this.#send({ type: 'close-batch', jobId });
  }

  #drop(jobId: string): void {
    for (const timer of this.#batches.get(jobId)?.timers ?? []) clearTimeout(timer);
    this.#batches.delete(jobId);
    for (const key of this.#waiting.keys()) if (key.startsWith(`${jobId}/`)) this.#waiting.delete(key);
  }
}
