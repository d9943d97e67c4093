/**
 * CatalogueFile: the rows of a CSV file, as spreadsheets write it, read by the command line and by the panel. Everything that is wrong
 * is told with its line.
 */

import { CsvError, parse } from 'csv-parse/browser/esm/sync';
import { decodeText } from './decoded-text.ts';
import { LikenessError } from './errors.ts';
import type { ImageSize } from './geometry.ts';
import { readSize, SIZE_EXAMPLES } from './picture-size.ts';
import { PICTURE_MAX_SIDE } from './protocol/limits.ts';
import { presetNameSchema, sceneSchema } from './protocol/preset.ts';
import { generateRequestSchema } from './protocol/requests.ts';
import { issueText, z } from './protocol/zod.ts';

/** Pictures of one catalogue, days of work on a fast computer; more rows are likely to be another table. */
export const CATALOGUE_MAX_PICTURES = 10_000;

/** A thousand letters for each of so many rows. */
export const CATALOGUE_FILE_MAX_BYTES = 10_000_000;

/** Columns that each file has; a size may come from a preset. */
const REQUIRED = ['product', 'scene', 'size'] as const;
const COLUMNS = [...REQUIRED, 'negative', 'seed', 'preset', 'name'] as const;
type Column = (typeof COLUMNS)[number];

/** In the order in which they are tried: what the first line has most of. */
const DELIMITERS = [',', ';', '\t'] as const;

const { seed, size, negativePrompt } = generateRequestSchema.shape;

const rowSchema = z.object({
  product: z.string().min(1, 'is empty'),
  scene: sceneSchema,
  size: z
    .string()
    .transform((text, { addIssue }): ImageSize => {
      const read = size.unwrap().safeParse(readSize(text));
      if (read.success) return read.data;
      addIssue(`expected a size such as ${SIZE_EXAMPLES}, at most ${PICTURE_MAX_SIDE} a side`);
      return z.NEVER;
    })
    .optional(),
  negative: negativePrompt,
  seed: z.string().regex(/^\d+$/, 'expected a whole number').transform(Number).pipe(seed).optional(),
  preset: presetNameSchema.optional(),
  name: z.string().max(200).optional(),
});

/** A row that asks for a picture. What is empty is absent. */
export type CatalogueRow = Readonly<z.infer<typeof rowSchema>> & {
  /** From 1, with the header. */
  readonly line: number;
};

export interface CatalogueFile {
  readonly rows: readonly CatalogueRow[];
  /** Columns that mean nothing here. */
  readonly ignored: readonly string[];
}

/** @param path of the file, or its name @throws LikenessError `input`, with the line */
export function parseCatalogueFile(bytes: Uint8Array, path: string): CatalogueFile {
  const text = withoutSeparatorLine(decodeText(bytes));
  if (/[\ufffd\0]/.test(text)) {
    throw refusal(`${path} is not text in UTF-8`, 'Save it as "CSV UTF-8" in the spreadsheet.');
  }
  const { columns, ignored } = columnsOf(path, text);
  const records = recordsOf(path, text, columns);
  if (records.length === 0) throw refusal(`${path} has no rows below its header`);
  if (records.length > CATALOGUE_MAX_PICTURES) {
    throw refusal(`${path} has more than ${CATALOGUE_MAX_PICTURES} rows`, 'Make several files of it.');
  }
  return { rows: records.map((record) => rowOf(path, record)), ignored };
}

/** Excel names the separator in a line of its own; the line stays, empty, so that numbers of lines are the file's. */
function withoutSeparatorLine(text: string): string {
  return text.replace(/^sep=.(?=\r|\n)/i, '');
}

interface Columns {
  /** The header's; undefined for one that means nothing here. */
  readonly columns: readonly (Column | undefined)[];
  readonly ignored: readonly string[];
  readonly delimiter: string;
}

function columnsOf(
  path: string,
  text: string,
): Pick<CatalogueFile, 'ignored'> & { readonly columns: Columns } {
  const [first = ''] = text.trimStart().split(/\r\n|\r|\n/, 1);
  const count = (delimiter: string) => first.split(delimiter).length;
  const delimiter = [...DELIMITERS].sort((a, b) => count(b) - count(a))[0]!;
  const [header = []] = parsed(path, () => parse(first, { delimiter, relax_column_count: true, trim: true }));
  const named = header.map((name) => name.toLowerCase());
  const missing = REQUIRED.filter((column) => !named.includes(column));
  if (missing.length > 0) {
    throw refusal(
      `${path} has no column ${missing.join(', ')}; its first line is ${JSON.stringify(first.slice(0, 100))}`,
      'The first line names the columns: product,scene,size and where wanted negative,seed,preset,name.',
    );
  }
  const known = named.map((name) => COLUMNS.find((column) => column === name));
  const twice = known.find((column, index) => column !== undefined && known.indexOf(column) < index);
  if (twice !== undefined) throw refusal(`${path} has the column ${twice} twice`);
  const ignored = header.filter((name, index) => known[index] === undefined && name !== '');
  return { columns: { columns: known, ignored, delimiter }, ignored };
}

/** All of them in one file, too: people paste lines of other files into theirs. */
const LINE_ENDS = ['\r\n', '\n', '\r'];

interface ParsedRecord {
  readonly record: Readonly<Partial<Record<Column, string>>>;
  readonly info: { readonly lines: number };
}

function recordsOf(path: string, text: string, { columns, delimiter }: Columns): readonly ParsedRecord[] {
  return parsed(path, () =>
    parse<ParsedRecord>(text, {
      delimiter,
      record_delimiter: LINE_ENDS,
      columns: () => columns.map((column) => column ?? false),
      info: true,
      relax_column_count_less: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      // Millions of short rows would take gigabytes as records.
      to: CATALOGUE_MAX_PICTURES + 1,
      trim: true,
    }),
  );
}

/** @throws LikenessError `input` for what is no CSV */
function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const { lines } = cause as CsvError & { lines?: number };
    const where = lines === undefined ? path : `${path}, line ${lines}`;
    const fault = cause.code.startsWith('CSV_RECORD_INCONSISTENT')
      ? 'more cells than the header has columns'
      : 'a quotation mark that is not closed, or stands inside of a cell';
    throw refusal(
      `${where}: ${fault}`,
      'Put cells with commas or quotation marks into quotation marks.',
      cause,
    );
  }
}

/** Beginnings of formulas; an @ begins a product's name, and a sign alone a number. */
const FORMULA = /^[=+]|^-\s*[A-Za-z(]|^@\w+\(/;

function rowOf(path: string, { record, info: { lines: line } }: ParsedRecord): CatalogueRow {
  const filled = Object.entries(record).filter(([, text]) => text !== '');
  for (const [column, text] of filled) {
    if (!FORMULA.test(text)) continue;
    throw refusal(
      `${path}, line ${line}, ${column}: ${JSON.stringify(text.slice(0, 60))} is a formula`,
      'Write its value.',
    );
  }
  const row = rowSchema.safeParse(Object.fromEntries(filled));
  if (row.success) return { ...row.data, line };
  const text = issueText(row.error).replace('Invalid input: expected string, received undefined', 'is empty');
  throw refusal(`${path}, line ${line}, ${text}`);
}

function refusal(message: string, advice = 'Change the file.', cause?: unknown): LikenessError {
  return new LikenessError('input', message, { advice, cause });
}
