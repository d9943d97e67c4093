/** pictureNames: the path of each picture inside the folder, by a pattern. What a cell brings can only name a file, never a place. */

import { type CatalogueCell, cellText } from '../../../shared/catalogue.ts';
import { LikenessError } from '../../../shared/errors.ts';

export const DEFAULT_PATTERN = '{product}/{scene}-{width}x{height}';
/** For several seeds. */
export const SEEDS_PATTERN = `${DEFAULT_PATTERN}-{seed}`;

/** Letters of one folder or file; systems take 255 bytes, of which a letter may take four. */
const PART_MAX_LENGTH = 60;

/** A folder in each of these would be one too many for people. */
const PARTS_MAX = 6;

const FIELDS = ['product', 'scene', 'width', 'height', 'seed', 'preset'] as const;
type Field = (typeof FIELDS)[number];
const FIELD_WORDS = `{${FIELDS.join('}, {')}}`;

/** Names that Windows keeps for devices, with any ending. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Characters that some system's paths do not take, or read as a place. */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}<>:"|?*\\]/u;

export interface NamedCell {
  readonly cell: CatalogueCell;
  /** Pattern of its own, from a row of a file. */
  readonly pattern?: string | undefined;
  /** Line of that row. */
  readonly line?: number | undefined;
}

/**
 * Paths with /, each ending in .png, in the order of the cells.
 * @throws LikenessError `input` for a pattern that leads out of the folder, or two cells with one name
 */
export function pictureNames(cells: readonly NamedCell[], pattern: string): readonly string[] {
  const taken = new Map<string, CatalogueCell>();
  return cells.map(({ cell, pattern: own, line }) => {
    const asked = own === undefined ? '--name' : `line ${line}, name:`;
    const name = nameOf(cell, own ?? pattern, asked);
    // As the file systems of macOS and Windows compare them.
    const compared = name.normalize('NFC').toLowerCase();
    const other = taken.get(compared);
    if (other !== undefined) {
      throw new LikenessError(
        'input',
        `${name} would be the file of two pictures: ${cellText(other)}; ${cellText(cell)}`,
        { advice: `Use more of ${FIELD_WORDS} in --name, or in the column name of a file.` },
      );
    }
    taken.set(compared, cell);
    return name;
  });
}

/** @param asked where the pattern stands, for messages */
function nameOf(cell: CatalogueCell, pattern: string, asked: string): string {
  const parts = pattern.replace(/\.png$/i, '').split('/');
  const isPlace = parts.some((part) => part === '' || /^\.+$/.test(part.trim()));
  if (isPlace || parts.length > PARTS_MAX || FORBIDDEN.test(pattern)) {
    throw new LikenessError('input', `${asked} ${JSON.stringify(pattern)} is no path inside of the folder`, {
      advice: `Use names with / between them, such as ${DEFAULT_PATTERN}.`,
    });
  }
  return `${parts.map((part) => safePart(filled(part, cell, asked))).join('/')}.png`;
}

function filled(part: string, cell: CatalogueCell, asked: string): string {
  return part.replaceAll(/\{([^{}]*)\}|[{}]/g, (found, name?: string) => {
    const field = FIELDS.find((known) => known === name);
    if (field !== undefined) return cellValue(cell, field);
    throw new LikenessError('input', `${asked} has ${found}, expected ${FIELD_WORDS}`, {
      advice: `Write it as in ${DEFAULT_PATTERN}.`,
    });
  });
}

/** A value in letters, digits and hyphens, so that it names a file on every system. */
function cellValue(cell: CatalogueCell, field: Field): string {
  const text = String(cell[field] ?? 'none')
    .normalize('NFKC')
    .toLowerCase();
  return text.replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '-').replaceAll(/^-+|-+$/g, '') || 'none';
}

function safePart(text: string): string {
  const part = [...text]
    .slice(0, PART_MAX_LENGTH)
    .join('')
    .replaceAll(/^[\s.]+|[\s.]+$/g, '');
  if (part === '') return '_';
  return RESERVED.test(part) ? `_${part}` : part;
}
