/**
 * LocalBroker: JobBroker of one process. The order is a file, since the jobs themselves are on disk: where the disk refuses
 * it, jobs are taken all the same.
 */

import { Mutex } from 'async-mutex';
import { LikenessError } from '../../../../shared/errors.ts';
import type { JobId } from '../../../../shared/protocol/ids.ts';
import { writeFileAtomically } from '../../../storage/atomic-file.ts';
import { Broadcast } from '../../../storage/broadcast.ts';
import { readRegularFile } from '../../../storage/regular-file.ts';
import type { JobBroker, JobEvent, JobLease } from '../../job-broker.ts';

export class LocalBroker implements JobBroker {
  readonly #orderFile: string;
  readonly #pending: JobId[];
  /** Jobs taken and not done. */
  readonly #taken = new Set<JobId>();
  /** Calls of `take` that wait for a job. */
  readonly #takers: ((id: JobId) => void)[] = [];
  readonly #events = new Broadcast<JobEvent>(isReplaceable);
  readonly #writing = new Mutex();

  private constructor(orderFile: string, pending: readonly JobId[]) {
    this.#orderFile = orderFile;
    this.#pending = [...pending];
  }

  /** A damaged order costs the order alone. */
  static async open(orderFile: string): Promise<LocalBroker> {
    const order: unknown = await readRegularFile(orderFile)
      .then((bytes) => JSON.parse(bytes.toString()))
      .catch(() => []);
    const ids = Array.isArray(order) ? order.filter((id) => typeof id === 'string') : [];
    return new LocalBroker(orderFile, [...new Set(ids)]);
  }

  get pending(): readonly JobId[] {
    return this.#pending;
  }

  get hasSubscribers(): boolean {
    return this.#events.hasListeners;
  }

  async enqueue(id: JobId): Promise<void> {
    if (this.#pending.includes(id)) return;
    const taker = this.#takers.shift();
    if (taker === undefined) this.#pending.push(id);
    else taker(id);
    await this.#keepOrder();
  }

  async move(id: JobId, before: JobId | null): Promise<void> {
    const place = this.#pending.indexOf(id);
    if (place !== -1 && id !== before) {
      this.#pending.splice(place, 1);
      const target = before === null ? this.#pending.length : Math.max(0, this.#pending.indexOf(before));
      this.#pending.splice(target, 0, id);
    }
    await this.#writeOrder();
  }

  async withdraw(id: JobId): Promise<boolean> {
    const place = this.#pending.indexOf(id);
    if (place === -1) return false;
    this.#pending.splice(place, 1);
    await this.#keepOrder();
    return true;
  }

  async take(signal: AbortSignal): Promise<JobLease> {
    const aborted = () => new LikenessError('cancelled', 'no more jobs are taken');
    if (signal.aborted) throw aborted();
    const next = this.#pending.shift();
    if (next !== undefined) return this.#lease(next);
    return new Promise((resolve, reject) => {
      const taker = (id: JobId) => {
        signal.removeEventListener('abort', leave);
        resolve(this.#lease(id));
      };
      const leave = () => {
        this.#takers.splice(this.#takers.indexOf(taker), 1);
        reject(aborted());
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#takers.push(taker);
    });
  }

  publish(event: JobEvent): void {
    this.#events.publish(event);
  }

  subscribe(): AsyncGenerator<JobEvent, void> {
    return this.#events.subscribe();
  }

  async close(): Promise<void> {
    this.#events.close();
    await this.#writing.waitForUnlock();
  }

  #lease(id: JobId): JobLease {
    this.#taken.add(id);
    return {
      id,
      done: async () => {
        this.#taken.delete(id);
        await this.#keepOrder();
      },
    };
  }

  async #keepOrder(): Promise<void> {
    await this.#writeOrder().catch((error: unknown) => {
      this.publish({ type: 'failure', job: undefined, error });
    });
  }

  async #writeOrder(): Promise<void> {
    await this.#writing.runExclusive(() =>
      writeFileAtomically(this.#orderFile, JSON.stringify([...this.#taken, ...this.#pending])),
    );
  }
}

/** The next ones replace them. */
function isReplaceable(event: JobEvent): boolean {
  return event.type === 'progress' || (event.type === 'frame' && event.frame.header.kind === 'preview');
}
