/**
 * Log of the companion: JSON lines in the data folder, and the worrying ones in colour on the terminal. A line names what
 * happened and to which route, socket or job. Prompts, names, tokens, codes, pictures and texts that a client sent are never
 * handed to it: there is nothing to redact. Rejections are counted after the first few, so that a flood of them does not push
 * the rest out, and files rotate: FILE becomes FILE.1, and the oldest goes. Lines are written synchronously: they are few, and
 * the last ones before a crash are those one wants to read.
 */

import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
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

/** @internal */
export class RotatingFile extends Writable {
  readonly #path: string;
  readonly #limits: RotationLimits;
  #sizeBytes: number;

  constructor(path: string, limits: RotationLimits) {
    super({ decodeStrings: true });
    this.#path = path;
    this.#limits = limits;
    this.#sizeBytes = sizeOf(path);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      if (this.#sizeBytes > 0 && this.#sizeBytes + chunk.length > this.#limits.maxBytes) this.#rotate();
      mkdirSync(dirname(this.#path), { recursive: true, mode: PRIVATE_MODES.folder });
      appendFileSync(this.#path, chunk, { mode: PRIVATE_MODES.file });
      this.#sizeBytes += chunk.length;
    } catch {
      // A full disk, or a folder that is denied, must not end the companion over its log; the next line is tried again.
    }
    done();
  }

  #rotate(): void {
    rmSync(`${this.#path}.${this.#limits.kept}`, { force: true });
    for (let age = this.#limits.kept - 1; age >= 1; age--) move(`${this.#path}.${age}`, age, this.#path);
    move(this.#path, 0, this.#path);
    this.#sizeBytes = 0;
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
    streams.push({ level: 'info', stream: new RotatingFile(join(folder, LOG_FILE), ROTATION) });
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
  return pino({ level: streams.length === 0 ? 'silent' : 'info', base: null }, pino.multistream(streams));
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

  constructor(log: Log, now: () => number = Date.now) {
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
