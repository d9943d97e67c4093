/**
 * What the companion writes down: JSON lines in the data folder, and the worrying ones in colour on the terminal.
 * A line names what happened and to which route, socket or job. Prompts, names, tokens, codes, pictures and texts
 * that a client sent are never handed to it: there is nothing to redact.
 */

import { join } from 'node:path';
import type { Writable } from 'node:stream';
import pino from 'pino';
import pretty from 'pino-pretty';
import { LikenessError } from '../../shared/errors.ts';
import { RotatingFile } from './rotating-file.ts';

export type Log = pino.Logger;

export interface LogOptions {
  /** Folder of the log files; undefined: none are written. */
  readonly folder?: string | undefined;
  /** Where warnings are shown to people; undefined: nowhere. */
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

/** What is said of an error: its code, or for a bug where it was thrown. Messages may quote what a client sent. */
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
