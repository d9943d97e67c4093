import { type Signal, signal } from '@preact/signals';
import { historySchema, routes } from '../../../shared/protocol/http.ts';
import type { AnyJobState, JobOf } from '../../../shared/protocol/job.ts';
import type { ErrorReport } from '../../../shared/protocol/zod.ts';
import type { CompanionConnection } from '../connection/companion.ts';
import { attempt } from '../connection/companion-http.ts';
import { hasEnded, type JobBoard } from './job-board.ts';
import type { Pictures } from './pictures.ts';

/** A screenful and a little more. */
const PAGE = 30;

/** Jobs that ended, searched by the companion and read a page at a time. */
export class HistoryView {
  readonly search: Signal<string> = signal('');
  readonly found: Signal<readonly string[]> = signal([]);
  readonly next: Signal<string | null> = signal(null);
  /** True once the companion has sent the first page. */
  readonly isKnown: Signal<boolean> = signal(false);
  /** Taken off the list, and still kept: an undo needs nothing back that is gone, and a crash loses nothing. */
  readonly removed: Signal<ReadonlySet<string>> = signal(new Set());
  readonly failure: Signal<ErrorReport | undefined> = signal(undefined);
  readonly #companion: CompanionConnection;
  readonly #board: JobBoard;
  readonly #pictures: Pictures;
  readonly #asked = new Set<string>();

  constructor(companion: CompanionConnection, board: JobBoard, pictures: Pictures) {
    this.#companion = companion;
    this.#board = board;
    this.#pictures = pictures;
  }

  /** The first page for what is searched. */
  async refresh(): Promise<void> {
    const jobs = await this.#page(null);
    if (jobs !== undefined) this.found.value = jobs.filter(hasEnded).map(({ job }) => job);
  }

  async more(): Promise<void> {
    const jobs = await this.#page(this.next.value);
    if (jobs !== undefined) this.found.value = [...this.found.value, ...jobs.map(({ job }) => job)];
  }

  remove(job: string): void {
    this.removed.value = new Set([...this.removed.value, job]);
  }

  undo(job: string): void {
    this.removed.value = new Set([...this.removed.value].filter((other) => other !== job));
  }

  /** Deletes what was removed, once nobody can see its undo any more. */
  async settle(): Promise<void> {
    const jobs = this.removed.value;
    this.found.value = this.found.value.filter((job) => !jobs.has(job));
    this.removed.value = new Set();
    // All at once: a plugin that is closed waits for no answer.
    const remove = (job: string) => this.#companion.blob(routes.job(job), { method: 'DELETE' });
    await Promise.all([...jobs].map((job) => attempt(this.failure, () => remove(job))));
  }

  /** Fetches what is not there yet; shown when it arrives. */
  async loadPictures({ job, pictures }: Pick<JobOf<'generate'>, 'job' | 'pictures'>): Promise<void> {
    for (const { picture } of pictures) {
      const key = `${job}/${picture}`;
      if (this.#asked.has(key) || this.#pictures.get(job, picture)?.kind === 'final') continue;
      this.#asked.add(key);
      const blob = await attempt(this.failure, () => this.#companion.blob(routes.picture(job, picture)));
      if (blob !== undefined) this.#pictures.add(job, picture, blob);
    }
  }

  async #page(before: string | null): Promise<readonly AnyJobState[] | undefined> {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (this.search.value.trim() !== '') query.set('search', this.search.value.trim());
    if (before !== null) query.set('before', before);
    const page = await attempt(this.failure, () =>
      this.#companion.json(`${routes.jobs}?${query}`, historySchema),
    );
    if (page === undefined) return undefined;
    this.next.value = page.next;
    this.isKnown.value = true;
    const jobs = [...page.jobs, ...page.catalogues].sort(newestFirst);
    this.#board.addOlder(jobs);
    return jobs;
  }
}

/** As the companion sorts them. */
function newestFirst(a: AnyJobState, b: AnyJobState): number {
  return b.createdAt.localeCompare(a.createdAt) || b.job.localeCompare(a.job);
}
