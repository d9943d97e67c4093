/**
 * Log of the companion: JSON lines in the data folder, and the worrying ones in colour on the terminal. A line names what
 * happened and to which route, socket or job. Prompts, names, tokens, codes, pictures and texts that a client sent are never
 * handed to it: there is nothing to redact. Rejections are counted after the first few, so that a flood of them does not push
 * the rest out, and files rotate: FILE becomes FILE.1, and the oldest goes. Lines are written synchronously: they are few, and
 * the last ones before a crash are those one wants to read.
 */

import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import pretty from 'pino-pretty';
import { LikenessError } from '../../shared/errors.ts';
import { PRIVATE_MODES } from '../storage/atomic-file.ts';

interface RotationLimits {
  readonly maxBytes: number;
  /** Files that are kept beside the one that is written. */
  readonly kept: number;
}

const { O_APPEND, O_CREAT, O_NONBLOCK = 0, O_TRUNC, O_WRONLY } = constants;

/** Opening a pipe in the log's place would wait for a reader, which may be for ever. */
const APPENDING = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK;

/** @internal */
export class RotatingFile extends Writable {
  readonly #path: string;
  readonly #limits: RotationLimits;
  readonly #tellFault: () => void;
  #sizeBytes: number;
  #hasFault = false;

  /** @param tellFault called once where no line can be written */
  constructor(path: string, limits: RotationLimits, tellFault: () => void = () => {}) {
    super({ decodeStrings: true });
    this.#path = path;
    this.#limits = limits;
    this.#tellFault = tellFault;
    this.#sizeBytes = sizeOf(path);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: PRIVATE_MODES.folder });
      const isFull = this.#sizeBytes > 0 && this.#sizeBytes + chunk.length > this.#limits.maxBytes;
      append(this.#path, chunk, isFull && !this.#rotate() ? O_TRUNC : 0);
      this.#sizeBytes += chunk.length;
    } catch {
      // A full disk, or a folder that is denied, must not end the companion over its log; the next line is tried again.
      if (!this.#hasFault) this.#tellFault();
      this.#hasFault = true;
    }
    done();
  }

  /** False where what lies in the place of an older file cannot be moved: the lines so far go instead. */
  #rotate(): boolean {
    this.#sizeBytes = 0;
    try {
      rmSync(`${this.#path}.${this.#limits.kept}`, { force: true });
      for (let age = this.#limits.kept - 1; age >= 1; age--) move(`${this.#path}.${age}`, age, this.#path);
      move(this.#path, 0, this.#path);
      return true;
    } catch {
      return false;
    }
  }
}

/** Writes into a file, and into nothing else that has a path. */
function append(path: string, chunk: Buffer, flags: number): void {
  const file = openSync(path, APPENDING | flags, PRIVATE_MODES.file);
  try {
    if (!fstatSync(file).isFile()) throw new Error('no regular file');
    writeFileSync(file, chunk);
  } finally {
    closeSync(file);
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function move(from: string, age: number, path: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${path}.${age + 1}`);
}

export type Log = pino.Logger;

export interface LogOptions {
  /** Folder of the log files; undefined: none are written. */
  readonly folder?: string | undefined;
  /** Stream that shows warnings to people; undefined: none. */
  readonly terminal?: Writable | undefined;
  readonly colour?: boolean;
}

export const LOG_FILE = 'companion.log';

/** Some weeks of use, and small enough to be sent with a report. */
const ROTATION = { maxBytes: 2 * 1024 * 1024, kept: 3 };

export function createLog({ folder, terminal, colour = false }: LogOptions): Log {
  const streams: pino.StreamEntry[] = [];
  if (folder !== undefined) {
    const tellFault = () => log.warn('the log file cannot be written: what happens is told here alone');
    streams.push({ level: 'info', stream: new RotatingFile(join(folder, LOG_FILE), ROTATION, tellFault) });
  }
  if (terminal !== undefined) {
    const stream = pretty({
      destination: terminal,
      sync: true,
      colorize: colour,
      ignore: 'pid,hostname',
      translateTime: 'HH:MM:ss',
    });
    streams.push({ level: 'warn', stream });
  }
  const level = streams.length === 0 ? 'silent' : 'info';
  const log = pino({ level, base: null }, pino.multistream(streams));
  return log;
}

/** An error in the log: its code, or for a bug where it was thrown. Messages may quote what a client sent. */
export function errorFields(error: unknown): { readonly code: string; readonly at?: string } {
  if (error instanceof LikenessError) return { code: error.code };
  if (!(error instanceof Error)) return { code: 'internal' };
  const at = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, STACK_FRAMES)
    .map((line) => line.trim())
    .join(' < ');
  return { code: `internal ${error.name}`, at };
}

const STACK_FRAMES = 8;

/** More than these within a window are counted instead. */
const LINES_PER_WINDOW = 50;
const WINDOW_MS = 60_000;

export class RejectionLog {
  readonly #log: Log;
  readonly #now: () => number;
  #windowEnd = 0;
  #seen = 0;

  /** @param now in milliseconds; never set back */
  constructor(log: Log, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** @param reason a code of ours, never a client's text */
  tell(reason: string, via: 'http' | 'socket'): void {
    if (this.#now() >= this.#windowEnd) {
      if (this.#seen > LINES_PER_WINDOW) {
        this.#log.warn(
          { count: this.#seen - LINES_PER_WINDOW },
          'refusals that were not written down one by one',
        );
      }
      this.#windowEnd = this.#now() + WINDOW_MS;
      this.#seen = 0;
    }
    this.#seen++;
    if (this.#seen <= LINES_PER_WINDOW) this.#log.info({ reason, via }, 'refused');
  }
}
