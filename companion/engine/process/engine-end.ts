/** How an engine process ended, and what that means to the run it was in. */

import { LikenessError } from '../../../shared/errors.ts';
import { PROGRAM } from '../../../shared/program.ts';

/** The cause of a LikenessError `engine`: for the log, not for people. */
export class EngineEnd extends Error {
  override readonly name = 'EngineEnd';
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
export function engineError(end: EngineEnd, work: string): LikenessError {
  const message = `the engine stopped in the middle of ${work} (${end.message})`;
  return new LikenessError('engine', message, { advice: ADVICE[end.reason], cause: end });
}

const ADVICE: Readonly<Record<EngineEnd['reason'], string>> = {
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
  return signal === 'SIGKILL' || /heap out of memory|bad_alloc|Cannot allocate memory/.test(stderr);
}
