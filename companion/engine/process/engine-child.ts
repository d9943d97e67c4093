/**
 * EngineChild: one forked engine process, its messages in order, and its exit, which is the last of them and becomes an
 * error for the run that it interrupts.
 */

import type { ChildProcess } from 'node:child_process';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { withHugePages } from '../../runtime/huge-pages.ts';
import { forkProcess } from '../../storage/forked-process.ts';
import { saysShortOfMemory } from '../../storage/system-fault.ts';
import type { FromEngine, ToEngine } from './messages.ts';

/** The cause of a LikenessError `engine`: for the log, not for people. */
export class EngineExit extends Error {
  override readonly name = 'EngineExit';
  readonly reason: 'memory' | 'signal' | 'exit';
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last that it wrote to its standard error. */
  readonly stderr: string;

  constructor(exitCode: number | null, signal: NodeJS.Signals | null, stderr: string) {
    super(signal === null ? `exit code ${exitCode}` : `signal ${signal}`);
    this.exitCode = exitCode;
    this.signal = signal;
    this.stderr = stderr;
    this.reason = isMemory(signal, stderr) ? 'memory' : signal === null ? 'exit' : 'signal';
  }
}

/** @param work what it was in the middle of: "teaching" */
export function engineError(end: EngineExit, work: string): LikenessError {
  const message = `the engine stopped in the middle of ${work} (${end.message})`;
  return new LikenessError('engine', message, { advice: ADVICE[end.reason], cause: end });
}

const ADVICE: Readonly<Record<EngineExit['reason'], string>> = {
  memory:
    'There was probably too little memory: close other programs or choose a smaller size, then start it again.',
  signal: `Start it again. If it stops once more, choose the device "cpu" and run "${PROGRAM} doctor".`,
  exit: `Start it again. If it stops once more, run "${PROGRAM} doctor --collect" and report it with the file that this writes.`,
};

/**
 * SIGKILL that this program did not send is, on a designer's computer, the system that ran out of memory. V8 and C++
 * say so themselves.
 */
function isMemory(signal: NodeJS.Signals | null, stderr: string): boolean {
  return signal === 'SIGKILL' || saysShortOfMemory(stderr);
}

/** Characters kept of standard error: the last ones, where the reason for a crash stands. */
const STDERR_KEPT = 4096;

export type ChildMessage = FromEngine | { readonly type: 'ended'; readonly end: EngineExit };

export class EngineChild {
  readonly #process: ChildProcess;
  readonly #inbox: ChildMessage[] = [];
  #wake: (() => void) | undefined;
  #stderr = '';
  /** Settles when the process is gone and everything it said was read. */
  readonly ended: Promise<EngineExit>;

  /** @param entry the module to fork @throws LikenessError `memory`, `storage` where the system starts no process */
  constructor(entry: URL) {
    this.#process = forkProcess(entry, {
      serialization: 'advanced',
      // Nothing of the companion's own: a debugger's port, or a loader, would get in the way.
      execArgv: [],
      env: withHugePages(),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    this.#process.on('message', (message) => this.#receive(message as FromEngine));
    this.ended = new Promise((resolve) => {
      // Each of the three may come last, and Node's own `close` is left out after a disconnect from this side.
      const open = new Set(['process', 'channel', 'stderr']);
      const close = (part: string) => {
        open.delete(part);
        const { exitCode, signalCode } = this.#process;
        if (open.size === 0) resolve(new EngineExit(exitCode, signalCode, this.#stderr));
      };
      this.#process.once('exit', () => close('process'));
      this.#process.once('disconnect', () => close('channel'));
      this.#process.stderr!.once('close', () => close('stderr'));
      // Could not be signalled.
      this.#process.once('error', (error) => resolve(new EngineExit(null, null, error.message)));
    });
    void this.ended.then((end) => this.#receive({ type: 'ended', end }));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** False from the first sign of its end. */
  get isThere(): boolean {
    const { connected, exitCode, signalCode } = this.#process;
    return connected && exitCode === null && signalCode === null;
  }

  send(message: ToEngine): void {
    // A process that is gone is noticed by its end, so an error here says nothing new.
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  /** The next message. After `ended` there is none. */
  async next(): Promise<ChildMessage> {
    while (this.#inbox.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#inbox.shift()!;
  }

  /** Asks it to end, which it does after the step it is in; by force when that takes longer than `graceMs`. */
  async end(graceMs: number): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #receive(message: ChildMessage): void {
    this.#inbox.push(message);
    this.#wake?.();
  }
}
