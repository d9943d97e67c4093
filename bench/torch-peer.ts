/** PyTorch in a process beside this one, run by run, so that it can take turns with onnxruntime. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Duration } from './interleaved-timing.ts';

const SCRIPT = fileURLToPath(new URL('torch-block.py', import.meta.url));
/** A version manager's python is often not the one that PyTorch was installed into. */
const PYTHONS = ['python3', '/usr/bin/python3', 'python'];

export class TorchPeer {
  readonly version: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    process: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    version: string,
  ) {
    this.#process = process;
    this.#lines = lines;
    this.version = version;
  }

  /** Undefined where no python with PyTorch is found. */
  static async start(threads: number): Promise<TorchPeer | undefined> {
    for (const python of PYTHONS) {
      const child = spawn(python, [SCRIPT, String(threads)], { stdio: ['pipe', 'pipe', 'ignore'] });
      child.once('error', () => {}); // no such python: its output ends without a line
      child.stdin.on('error', () => {});
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const { value, done } = await lines.next();
      if (done !== true) return new TorchPeer(child, lines, value);
    }
    return undefined;
  }

  /** Runs the block once, and times that by its own clocks. */
  async run(what: 'forward' | 'step', batch: number): Promise<Duration> {
    this.#process.stdin.write(`${what} ${batch}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`${SCRIPT} ended during ${what} ${batch}`);
    const [wallMs, processorMs] = value.split(' ').map(Number) as [number, number];
    return { wallMs, processorMs };
  }

  stop(): void {
    this.#process.stdin.end();
  }
}
