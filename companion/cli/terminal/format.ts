/** Times, speeds and counts as people read them, and tables of them. Sizes are written by pretty-bytes. */

import Table from 'cli-table3';
import prettyBytes from 'pretty-bytes';
import { escapeControlCharacters } from './failure.ts';
import type { Colours } from './output.ts';

/** 0.84 -> "0.8 s", 125 -> "2 min 05 s"; empty where the time is not known yet. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** "14 s left"; empty where the time is not known yet. */
export function formatTimeLeft(seconds: number): string {
  const text = formatSeconds(seconds);
  return text === '' ? '' : `${text} left`;
}

/** Fast work in steps a second, slow work in seconds a step. */
export function formatPace(stepsPerSecond: number): string {
  if (!(stepsPerSecond > 0)) return '';
  if (stepsPerSecond >= 9.95) return `${Math.round(stepsPerSecond)} steps/s`;
  if (stepsPerSecond >= 1) return `${stepsPerSecond.toFixed(1)} steps/s`;
  return `${formatSeconds(1 / stepsPerSecond)}/step`;
}

/** 12400000 -> "12.4 MB/s"; empty where it is not known yet. */
export function formatSpeed(bytesPerSecond: number): string {
  return bytesPerSecond > 0 ? `${prettyBytes(bytesPerSecond)}/s` : '';
}

/** 860000000 -> "860 M". */
export function formatCount(count: number): string {
  if (count < 1e6) return `${(count / 1e3).toFixed(0)} k`;
  return count < 9.95e6 ? `${(count / 1e6).toFixed(1)} M` : `${Math.round(count / 1e6)} M`;
}

/** "1 picture", "4 pictures". */
export function formatNumberOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Lines of at most so many cells, broken between words; a longer word has its own line. @param cells may be infinite */
export function wrapped(text: string, cells: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > cells) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** The header is dim, the first column bold. Cells may be untrusted: names of files, texts of concept files. */
export function formatTable(
  header: readonly string[],
  cells: readonly (readonly string[])[],
  colours: Colours,
): string {
  const rows = cells.map((row) => row.map(escapeControlCharacters));
  const body = rows.map(([first, ...others]) => [colours.bold(first!), ...others]);
  return inColumns([header.map(colours.dim), ...body]);
}

/** `name   value` lines. */
export function formatFacts(
  facts: readonly (readonly [name: string, value: string])[],
  colours: Colours,
): string {
  return inColumns(
    facts.map(([name, value]) => [
      colours.dim(escapeControlCharacters(name)),
      escapeControlCharacters(value),
    ]),
  );
}

const NO_BORDER = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
};

/** Columns as wide as their widest cell, in cells of the terminal: a Chinese character takes two. */
function inColumns(rows: readonly (readonly string[])[]): string {
  const table = new Table({
    chars: { ...NO_BORDER, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  // The last column is as long as it is.
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
