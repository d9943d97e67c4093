/** Results for people: a table for each section, then the targets. */

import pc from 'picocolors';
import { type Section, type Target, type Verdict, verdict } from './subject.ts';

const COLOURS: Readonly<Record<Verdict, (text: string) => string>> = {
  ok: pc.green,
  missed: pc.red,
  unsure: pc.yellow,
};

export function printSection({ title, rows, note }: Section): string {
  const columns = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const table = [
    ['', ...columns.map(heading)],
    ...rows.map(({ case: name, figures }) => [
      name,
      ...columns.map((column) => (figures[column] === undefined ? '' : number(figures[column]))),
    ]),
  ];
  const lines = align(table).map((line, index) => (index === 0 ? pc.dim(line) : line));
  return [pc.bold(title), ...lines, ...(note === undefined ? [] : [pc.dim(note)]), ''].join('\n');
}

export function printTargets(targets: readonly Target[]): string {
  const table = targets.map((target) => [
    verdict(target),
    target.name,
    `${number(target.measured)} ${target.unit}`,
    `${target.direction} ${target.limit} ${target.unit}`,
  ]);
  const lines = align(table).map((line, index) => COLOURS[verdict(targets[index]!)](line));
  return [pc.bold('Targets'), ...lines, ''].join('\n');
}

/** The first column, or words, to the left; figures to the right. */
function align(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row
      .map((cell, column) => {
        const isFigure = column > 0 && /^-?[\d.,]|^$/.test(table.at(-1)![column]!);
        return isFigure ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** `run_peak_gb` -> `run peak GB` */
function heading(column: string): string {
  return column.replaceAll('_', ' ').replace(/\bgb\b/, 'GB');
}

/** Three or four figures that count. */
function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 3;
  return value.toFixed(digits);
}
