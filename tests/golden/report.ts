/** The result of a golden check as a table for people, and as lines of JSON for programs. */

import type { Comparison, Outcome, Tolerance } from './comparison.ts';

export interface SubjectOutcomes {
  readonly subject: string;
  readonly outcomes: readonly Outcome[];
}

type Cells = readonly [check: string, error: string, tolerance: string, ok: string, note: string];

const HEADING: Cells = ['check', 'largest error', 'tolerance', 'ok', ''];

/** Columns aligned over all subjects; numbers to the right. What could not be run says why in place of numbers. */
export function table(results: readonly SubjectOutcomes[]): string {
  const blocks = results.map(({ subject, outcomes }) => ({ subject, rows: outcomes.map(cells) }));
  const all = [HEADING, ...blocks.flatMap(({ rows }) => rows)];
  const [check, error, tolerance, ok] = ([0, 1, 2, 3] as const).map((column) =>
    Math.max(...all.map((row) => row[column].length)),
  ) as [number, number, number, number];
  const line = (row: Cells) =>
    [row[0].padEnd(check), row[1].padStart(error), row[2].padEnd(tolerance), row[3].padEnd(ok), row[4]]
      .join('  ')
      .trimEnd();
  return [line(HEADING), ...blocks.flatMap(({ subject, rows }) => ['', subject, ...rows.map(line)])].join(
    '\n',
  );
}

export function summary(results: readonly SubjectOutcomes[]): string {
  const outcomes = results.flatMap((result) => result.outcomes);
  const failed = outcomes.filter(isFailure).length;
  const left = outcomes.filter(({ kind }) => kind === 'omission').length;
  const held = outcomes.length - failed - left;
  return `${held} checks passed, ${failed} failed, ${left} could not be run`;
}

/** One check as one line. JSON has no NaN: an error that is no number is null. */
export function jsonLine(subject: string, outcome: Outcome): string {
  if (outcome.kind === 'omission') {
    return JSON.stringify({ subject, check: outcome.check, ok: null, reason: outcome.reason });
  }
  const { check, error, tolerance, ok, note } = outcome;
  return JSON.stringify({
    subject,
    check,
    error,
    tolerance: tolerance.limit,
    unit: tolerance.unit,
    ok,
    note,
  });
}

export function isFailure(outcome: Outcome): outcome is Comparison {
  return outcome.kind === 'comparison' && !outcome.ok;
}

function cells(outcome: Outcome): Cells {
  const check = `  ${outcome.check}`;
  if (outcome.kind === 'omission') return [check, '', '', '-', `not run: ${outcome.reason}`];
  const { error, tolerance, ok, note = '' } = outcome;
  return [check, digits(error), describe(tolerance), ok ? 'ok' : 'FAIL', note];
}

function describe({ limit, unit }: Tolerance): string {
  return unit === 'absolute' ? digits(limit) : `${digits(limit)} ${unit}`;
}

function digits(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toExponential(1);
}
