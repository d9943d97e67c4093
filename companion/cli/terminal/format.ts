/**
 * Sizes, times and speeds as people read them.
 * Columns of text, as wide as their widest cell.
 */

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

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** The header is dim, the first column bold. The last column is as long as it is. */
export function formatTable(
  header: readonly string[],
  cells: readonly (readonly string[])[],
  colours: Colours,
): string {
  const rows = cells.map((row) => row.map(escapeControlCharacters));
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column]!)));
  const titles = colours.dim(line(header).join('  '));
  const body = rows.map((row) => {
    const [first, ...others] = line(row);
    return [colours.bold(first!), ...others].join('  ');
  });
  return [titles, ...body].join('\n');
}

/** `name   value` lines. */
export function formatFacts(
  facts: readonly (readonly [name: string, value: string])[],
  colours: Colours,
): string {
  const lines = facts.map(
    ([name, value]) => [escapeControlCharacters(name), escapeControlCharacters(value)] as const,
  );
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `${colours.dim(name.padEnd(width))}  ${value}`).join('\n');
}
