/** Tail of the companion's log. The log is handed no secrets; its fields are chosen here all the same. */

import { join } from 'node:path';
import { z } from 'zod';
import { reportCodes } from '../../../shared/errors.ts';
import { parsedJson } from '../../../shared/json-text.ts';
import { LOG_FILE } from '../../server/log.ts';
import { readRegularFile } from '../../storage/regular-file.ts';
import { LEFT_OUT, type Redaction } from './redaction.ts';

/** A few days of use, and what a person may still look through before they send it. */
const MAX_LINES = 200;

const lineSchema = z.object({
  level: z.int(),
  time: z.number(),
  msg: z.string(),
  code: z.string().optional(),
  job: z.string().optional(),
  reason: z.string().optional(),
  via: z.string().optional(),
  count: z.number().optional(),
  port: z.number().optional(),
  listeners: z.number().optional(),
  at: z.string().optional(),
});

/** pino's numbers. */
const LEVELS: Readonly<Record<number, string>> = { 30: 'info ', 40: 'warn ', 50: 'error', 60: 'fatal' };

/** Error codes of ours, and classes of JavaScript's errors. */
const CODE = new RegExp(`^(${reportCodes.join('|')}|internal \\w*Error)$`);

/** Oldest first; empty where no log is kept. */
export async function logTail(home: string, redaction: Redaction): Promise<readonly string[]> {
  const file = join(home, 'logs', LOG_FILE);
  // A log that was just turned over holds next to nothing.
  const parts = await Promise.all(
    [`${file}.1`, file].map((path) => readRegularFile(path).then(String, () => '')),
  );
  const lines = parts.join('').split('\n');
  return lines
    .filter((line) => line !== '')
    .slice(-MAX_LINES)
    .map((line) => redacted(line, redaction));
}

function redacted(line: string, redaction: Redaction): string {
  const parsed = lineSchema.safeParse(parsedJson(line));
  if (!parsed.success) return `a line that is not the log's: ${LEFT_OUT}`;
  const { level, time, msg, code, at, ...fields } = parsed.data;
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  const date = new Date(time);
  // Dates end at 8.64e15 milliseconds.
  const moment = Number.isNaN(date.getTime()) ? 'at some time' : date.toISOString();
  const words = [
    `${moment} ${LEVELS[level] ?? 'other'} ${redaction.quoting(msg)}`,
    ...(code === undefined ? [] : [`code=${CODE.test(code) ? code : LEFT_OUT}`]),
    ...entries.map(([name, value]) => `${name}=${redaction.quoting(String(value))}`),
  ];
  return words.join(', ') + (at === undefined ? '' : frames(at, redaction));
}

/** One after the other: the end of a path in one must not be looked for in the next. */
function frames(at: string, redaction: Redaction): string {
  return at
    .split(' < ')
    .map((frame) => `\n    ${redaction.text(frame)}`)
    .join('');
}
