/**
 * The engine as a process of its own: the companion stays responsive while onnxruntime works, a crash costs one run,
 * and what does not stop can be killed. The process is started when it is needed, keeps its model open from run to
 * run, and ends after a while without work, which gives all its memory back.
 */

import { type ErrorRecord, LikenessError, recordedError } from '../../../shared/errors.ts';
import type { GenerateEvent, TeachEvent } from '../events.ts';
import type { GenerateRequest, TeachRequest } from '../requests.ts';
import { type ChildMessage, EngineChild, engineError } from './engine-child.ts';
import type { ToEngine } from './messages.ts';

export interface EngineProcessOptions {
  /** Without work for so long, the process ends. Default 5 minutes: a designer looks, and wants one more. */
  readonly idleMs?: number;
  /** A cancelled run that goes on for so long is killed. Default 10 s: a step takes seconds at most. */
  readonly graceMs?: number;
  /** The module to fork. Tests give processes that misbehave. */
  readonly entry?: URL;
}

type Kind = 'teach' | 'generate';
type Request = { teach: TeachRequest; generate: GenerateRequest };
type Event = { teach: TeachEvent; generate: GenerateEvent };
type Run = { readonly id: number; readonly kind: Kind; cancelled: boolean };

const WORK: Readonly<Record<Kind, string>> = { teach: 'teaching', generate: 'generating' };

export class EngineProcess {
  readonly #idleMs: number;
  readonly #graceMs: number;
  readonly #entry: URL;
  #child: EngineChild | undefined;
  #current: Run | undefined;
  #preparation: Promise<void> | undefined;
  #runs = 0;
  #closed = false;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: EngineProcessOptions = {}) {
    this.#idleMs = options.idleMs ?? 5 * 60_000;
    this.#graceMs = options.graceMs ?? 10_000;
    this.#entry = options.entry ?? new URL('child.mjs', import.meta.url);
  }

  /** Process id, while there is a process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * The same events as `teach` of the engine. One run at a time: the queue belongs to the jobs. Leaving the loop
   * early cancels, and so does `request.signal`: softly between two steps, by force when that takes too long.
   * @throws LikenessError as `teach` does; `engine` when the process ended in mid-run (EngineExit is the cause) or is
   *   busy with another run; `cancelled`
   */
  teach(request: TeachRequest): AsyncGenerator<TeachEvent, void> {
    return this.#run('teach', request);
  }

  /** The same events as `generate` of the engine, under the rules of `teach`. */
  generate(request: GenerateRequest): AsyncGenerator<GenerateEvent, void> {
    return this.#run('generate', request);
  }

  /**
   * Loads the model and makes its sessions as `generate` of this request would, and no picture. A run that comes meanwhile waits
   * for it, since it needs the same. Nothing happens while the engine works.
   * @throws LikenessError as `generate` does
   */
  async prepare(request: GenerateRequest): Promise<void> {
    if (this.#current !== undefined || this.#preparation !== undefined) return;
    this.#preparation = (async () => {
      for await (const _ of this.#run('generate', { ...request, only: 'prepare' }));
    })();
    await this.#preparation.finally(() => {
      this.#preparation = undefined;
    });
  }

  /** Ends the current run at once, without saving anything: it fails as cancelled. */
  kill(): void {
    if (this.#current !== undefined) this.#current.cancelled = true;
    this.#child?.kill();
  }

  /** Gives the memory of an open model back, where there is no run under way. */
  rest(): void {
    if (this.#current === undefined) this.#retire();
  }

  /** Stops the current run softly (teaching saves itself) and ends the process. No run can be started after. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    if (this.#current !== undefined) this.#current.cancelled = true;
    await this.#child?.end(this.#graceMs);
  }

  async *#run<K extends Kind>(kind: K, request: Request[K]): AsyncGenerator<Event[K], void> {
    const { signal, ...plain } = request;
    if (!('only' in plain)) await this.#preparation?.catch(() => {});
    if (this.#current !== undefined) {
      throw new LikenessError('engine', `the engine is busy ${WORK[this.#current.kind]}`, {
        advice: 'Wait until it is done, or cancel it.',
      });
    }
    if (this.#closed || signal?.aborted) throw cancellation(kind);
    const run: Run = { id: ++this.#runs, kind, cancelled: false };
    // Before the run is the current one: where the system starts no process, the engine stays free.
    let child = this.#start();
    this.#current = run;
    clearTimeout(this.#idleTimer);
    let graceTimer: NodeJS.Timeout | undefined;
    let over = false;
    let mayRetry = true;
    const cancel = () => {
      run.cancelled = true;
      child.send({ type: 'cancel', run: run.id });
      graceTimer ??= setTimeout(() => child.kill(), this.#graceMs);
    };
    const send = () => child.send({ type: kind, run: run.id, request: plain } as ToEngine);
    signal?.addEventListener('abort', cancel);
    try {
      send();
      while (!over) {
        const message = await child.next();
        if (message.type === 'ended' && mayRetry && !run.cancelled) {
          // It died before it took this up, idle or at its start: once, that is nothing of this run's.
          mayRetry = false;
          child = this.#start();
          send();
          continue;
        }
        over = !goesOn(message);
        mayRetry &&= over;
        if (message.type === 'event') yield message.event as Event[K];
        if (message.type === 'failed') throw this.#failure(message.failure, child);
        if (message.type === 'ended') {
          throw run.cancelled ? cancellation(kind) : engineError(message.end, WORK[kind]);
        }
      }
    } finally {
      signal?.removeEventListener('abort', cancel);
      // The caller left the loop. The next run must find an engine that is free.
      if (!over) cancel();
      while (!over) over = !goesOn(await child.next());
      clearTimeout(graceTimer);
      this.#current = undefined;
      this.#idleTimer = setTimeout(() => this.#retire(), this.#idleMs).unref();
    }
  }

  #start(): EngineChild {
    // The end of a process is told in parts, and known as a whole some milliseconds after it.
    if (this.#child?.isThere) return this.#child;
    const child = new EngineChild(this.#entry);
    this.#child = child;
    void child.ended.then(() => {
      if (this.#child === child) this.#child = undefined;
    });
    return child;
  }

  /** Ends the process in its own time; the next run gets a fresh one. */
  #retire(): void {
    void this.#child?.end(this.#graceMs);
    this.#child = undefined;
  }

  #failure(failure: ErrorRecord, child: EngineChild): Error {
    const { code } = failure;
    // After a bug its state is unknown, and after want of memory only its end gives everything back.
    if ((code === undefined || code === 'memory') && this.#child === child) this.#retire();
    return recordedError(failure);
  }
}

/** True for what is followed by more of the same run. */
function goesOn({ type }: ChildMessage): boolean {
  return type === 'event' || type === 'accepted';
}

function cancellation(kind: Kind): LikenessError {
  return new LikenessError('cancelled', `${WORK[kind]} was cancelled`);
}
