/** DecoderChild: one forked decoder. It keeps this process alive while it works, and not while it waits. */

import type { ChildProcess } from 'node:child_process';
import { LikenessError, PROGRAM, recordedError } from '../../../shared/errors.ts';
import { forkProcess } from '../../storage/forked-process.ts';
import { saysShortOfMemory, shortageFault } from '../../storage/system-fault.ts';
import { type Decoded, type DecodeJob, ENDED_BY, type FromDecoder, type ToDecoder } from './messages.ts';

/** Objects of JavaScript alone: pictures lie outside. A header that is made into millions of them ends the process. */
const HEAP_MB = 192;

/** Characters kept of standard error: the last ones, where the reason of an end stands. */
const STDERR_KEPT = 2048;

/**
 * A picture that takes longer is stuck in a way that its processor time does not show. From the start of its work: a computer
 * that is busy may need seconds for the start of a process.
 */
const WORK_TIMEOUT_MS = 90_000;

/** Loading sharp takes half a second, on a busy computer ten times that. */
const START_TIMEOUT_MS = 60_000;

/** The decoder ended before it had the picture, which is then not to blame. */
export class DecoderNotStarted extends Error {
  override readonly name = 'DecoderNotStarted';
}

interface Work {
  readonly job: DecodeJob;
  readonly resolve: (decoded: Decoded) => void;
  readonly reject: (error: unknown) => void;
  hasBegun: boolean;
}

export class DecoderChild {
  readonly #process: ChildProcess;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  #stderr = '';
  #work: Work | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasTimedOut = false;
  #isGone = false;
  /** Memory after its last picture. */
  rssBytes = 0;

  /** @param entry the module to fork @throws LikenessError `memory`, `storage` where the system starts no process */
  constructor(entry: URL) {
    this.#process = forkProcess(entry, {
      serialization: 'advanced',
      // Nothing of this process's own: a debugger's port, or a loader, would get in the way.
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    this.#process.on('message', (message) => this.#receive(message as FromDecoder));
    this.ended = new Promise((resolve) => {
      // After standard error was read to its end.
      this.#process.once('close', () => resolve());
      this.#process.once('error', () => resolve());
    });
    this.#process.once('exit', () => {
      this.#isGone = true;
    });
    void this.ended.then(() => this.#end());
    this.#setAwake(false);
  }

  get isUsable(): boolean {
    return !this.#isGone && this.#process.connected && this.#work === undefined;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** @throws LikenessError of the picture; DecoderNotStarted where another decoder may try */
  decode(job: DecodeJob): Promise<Decoded> {
    return new Promise<Decoded>((resolve, reject) => {
      this.#work = { job, resolve, reject, hasBegun: false };
      this.#setAwake(true);
      this.#limit(START_TIMEOUT_MS);
      // A process that is gone is noticed by its end.
      this.#process.send({ type: 'decode', job } satisfies ToDecoder, () => {});
    });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #receive(message: FromDecoder): void {
    const work = this.#work;
    if (work === undefined) return;
    if (message.type === 'begun') {
      work.hasBegun = true;
      this.#limit(WORK_TIMEOUT_MS);
      return;
    }
    this.rssBytes = message.rssBytes;
    this.#finish();
    if (message.type === 'decoded') work.resolve(message.decoded);
    else work.reject(recordedError(message.failure));
  }

  #limit(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#hasTimedOut = true;
      this.kill();
    }, milliseconds);
  }

  #finish(): void {
    clearTimeout(this.#timer);
    this.#work = undefined;
    this.#setAwake(false);
  }

  #end(): void {
    this.#isGone = true;
    const work = this.#work;
    this.#finish();
    if (work === undefined) return;
    if (work.hasBegun) work.reject(this.#refusal(work.job));
    else work.reject(new DecoderNotStarted(this.#stderr || this.#exit));
  }

  get #exit(): string {
    const { exitCode, signalCode } = this.#process;
    return signalCode === null ? `exit code ${exitCode}` : `signal ${signalCode}`;
  }

  /** Its end, as the fault of the picture that it had. */
  #refusal({ label }: DecodeJob): LikenessError {
    const cause = new Error(`the decoder ended (${this.#exit}): ${this.#stderr}`);
    const advice = 'Open it in an image editor and save it again, as a PNG or a plain JPEG.';
    const refusal = (fault: string) =>
      new LikenessError('image-format', `${label}: ${fault}, expected a picture like others`, {
        advice,
        cause,
      });
    if (this.#stderr.includes(ENDED_BY.memory))
      return refusal('reading it takes more memory than its size explains');
    if (this.#stderr.includes(ENDED_BY.time) || this.#hasTimedOut) {
      return refusal('reading it takes longer than its size explains');
    }
    // Sent by nobody here: the system was short of memory.
    if (this.#process.signalCode === 'SIGKILL') {
      return new LikenessError('memory', `there was too little memory to read ${label}`, { cause });
    }
    if (/heap out of memory/.test(this.#stderr)) return refusal('it has more parts than can be read');
    if (saysShortOfMemory(this.#stderr)) {
      return new LikenessError('memory', `there was too little memory to read ${label}`, { cause });
    }
    return refusal('it ends the program that reads it');
  }

  #setAwake(isAwake: boolean): void {
    const handles = [this.#process, this.#process.channel, this.#process.stderr] as const;
    for (const handle of handles) {
      const one = handle as { ref?(): void; unref?(): void } | null | undefined;
      if (isAwake) one?.ref?.();
      else one?.unref?.();
    }
  }
}

/** A computer on which no decoder starts. */
export function decoderMissing(cause: unknown): LikenessError {
  const shortage = shortageFault(cause);
  if (shortage !== undefined) return shortage;
  return new LikenessError('engine', 'the program that reads pictures does not start', {
    advice: `Try again. If it keeps happening, run "${PROGRAM} doctor --collect" and report it.`,
    cause,
  });
}
