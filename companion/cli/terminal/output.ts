/**
 * Output of a command. Answers (lists, figures) and JSON events go to standard output; everything else, progress included,
 * to standard error, so that a pipe gets only what it asked for.
 */

import type { Writable } from 'node:stream';
import pc from 'picocolors';
import { escapeControlCharacters, failureOf } from './failure.ts';

export type Colours = ReturnType<typeof pc.createColors>;

/** One line of JSON. */
export interface JsonEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A terminal, pipe or file; a terminal has `isTTY` and its size. */
export type Stream = Writable & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'>>;

export interface Streams {
  readonly stdout: Stream;
  readonly stderr: Stream;
}

export class Output {
  /** One JSON object a line on standard output, instead of answers for people. */
  readonly json: boolean;
  readonly stderr: Stream;
  /** For standard error. */
  readonly colours: Colours;
  /** For standard output. */
  readonly answerColours: Colours;
  readonly #stdout: Stream;
  readonly #debug: boolean;
  #readerGone = false;
  #onStdoutClosed: (() => void) | undefined;

  constructor({ stdout, stderr }: Streams, json: boolean, env: NodeJS.ProcessEnv = process.env) {
    this.json = json;
    this.stderr = stderr;
    this.colours = pc.createColors(wantsColour(stderr, env));
    this.answerColours = pc.createColors(wantsColour(stdout, env));
    this.#stdout = stdout;
    this.#debug = Boolean(env.LIKENESS_DEBUG);
    // `likeness concepts list | head -1` closes the pipe early: that is no failure.
    ignoreBrokenPipe(stdout, () => {
      this.#readerGone = true;
      this.#onStdoutClosed?.();
    });
    ignoreBrokenPipe(stderr, () => {});
  }

  /** Long work stops when nobody reads its events any more. */
  onStdoutClosed(stop: () => void): void {
    this.#onStdoutClosed = stop;
  }

  /** True where progress may be drawn in place: not while JSON goes to the same terminal. */
  get live(): boolean {
    return this.stderr.isTTY === true && !(this.json && this.#stdout.isTTY);
  }

  /** Cells of a line of answers; a pipe has no end of a line. */
  get columns(): number {
    return this.#stdout.columns ?? Number.POSITIVE_INFINITY;
  }

  /** The answer to a question, on standard output; not with --json. */
  answer(text: string): void {
    if (!this.json) this.#write(`${text}\n`);
  }

  /** With --json, one line on standard output. */
  event(event: JsonEvent): void {
    if (this.json) this.#write(`${JSON.stringify(event)}\n`);
  }

  /** Text as it is, on standard output: help that was asked for. */
  print(text: string): void {
    this.#write(text);
  }

  say(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.say(`${this.colours.yellow('warning:')} ${escapeControlCharacters(text)}`);
  }

  /** Says what failed, and returns the exit code. `helpCommand` shows how the command is used. */
  fail(error: unknown, helpCommand: string): number {
    const { code, message, advice, exitCode } = failureOf(error, helpCommand);
    this.event({ type: 'error', code, message, advice });
    if (code === 'cancelled' && this.#readerGone) return exitCode;
    const { bold, red, yellow, dim } = this.colours;
    const prefix = code === 'cancelled' ? yellow('cancelled:') : bold(red('error:'));
    this.say(code === 'internal' ? message : `${prefix} ${message}`);
    if (advice !== undefined) this.say(dim(advice));
    if (this.#debug && error instanceof Error) this.say(dim(stackOf(error)));
    return exitCode;
  }

  #write(text: string): void {
    if (!this.#readerGone) this.#stdout.write(text);
  }
}

/** https://no-color.org; FORCE_COLOR is for continuous integration, whose logs show colours without a terminal. */
function wantsColour(stream: Stream, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  return Boolean(env.FORCE_COLOR) || (stream.isTTY === true && env.TERM !== 'dumb');
}

function ignoreBrokenPipe(stream: Stream, then: () => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    then();
  });
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
