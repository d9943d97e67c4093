/** Columns of text, as wide as their widest cell. */

import type { Colours } from './output.ts';
import { printable } from './printable.ts';

/** The header is dim, the first column bold. The last column is as long as it is. */
export function formatTable(
  header: readonly string[],
  cells: readonly (readonly string[])[],
  colours: Colours,
): string {
  const rows = cells.map((row) => row.map(printable));
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
  const lines = facts.map(([name, value]) => [printable(name), printable(value)] as const);
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `${colours.dim(name.padEnd(width))}  ${value}`).join('\n');
}
