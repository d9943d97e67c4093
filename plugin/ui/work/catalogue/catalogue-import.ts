/** CatalogueImport: a CSV file of the person's as the cells of a catalogue, and all that keeps it from being made, by line. */

import { type CatalogueCell, cellKey, productName } from '../../../../shared/catalogue.ts';
import {
  CATALOGUE_FILE_MAX_BYTES,
  type CatalogueRow,
  parseCatalogueFile,
} from '../../../../shared/catalogue-file.ts';
import { LikenessError } from '../../../../shared/errors.ts';
import type { CatalogueJobSpec } from '../../../../shared/protocol/catalogue.ts';
import type { ConceptSummary } from '../../../../shared/protocol/concept.ts';
import {
  CATALOGUE_MAX_CELLS,
  CATALOGUE_MAX_SIDE,
  MESSAGE_MAX_BYTES,
} from '../../../../shared/protocol/limits.ts';
import type { Preset } from '../../../../shared/protocol/preset.ts';

/** Bytes of a request's lists and cells: the rest of its message is a preset's words and settings. */
const REQUEST_MAX_BYTES = MESSAGE_MAX_BYTES - 8 * 1024;

/** A file as it was read, with what it says of itself. */
export interface CatalogueFileRows {
  readonly name: string;
  readonly rows: readonly CatalogueRow[];
  /** Columns that mean nothing here. */
  readonly ignored: readonly string[];
}

/** Things that rows are held against. */
interface Surroundings {
  readonly concepts: readonly ConceptSummary[];
  readonly presets: readonly Preset[];
  /** Chosen in the form, for rows that name none. */
  readonly chosen: Preset | undefined;
  /** For rows that have none. */
  readonly seed: number;
}

export interface CatalogueImport {
  /** By row, those that can be made. */
  readonly cells: readonly (CatalogueCell & { readonly line: number })[];
  /** The one that all rows are made with. */
  readonly preset: Preset | undefined;
  /** Reasons why it cannot be made; with the line where it is of one. */
  readonly problems: readonly { readonly line: number | undefined; readonly text: string }[];
}

/** @throws LikenessError `input`, with the line, for what is no catalogue */
export async function readCatalogueRows(file: File): Promise<CatalogueFileRows> {
  const { name, size } = file;
  if (size > CATALOGUE_FILE_MAX_BYTES) {
    throw new LikenessError(
      'input',
      `${name} has ${size} bytes, expected at most ${CATALOGUE_FILE_MAX_BYTES}`,
      { advice: 'Choose a smaller file.' },
    );
  }
  return { name, ...parseCatalogueFile(new Uint8Array(await file.arrayBuffer()), name) };
}

export function importedCatalogue(
  { rows }: CatalogueFileRows,
  { concepts, presets, chosen, seed }: Surroundings,
): CatalogueImport {
  const problems: { line: number | undefined; text: string }[] = [];
  const cells: (CatalogueCell & { line: number })[] = [];
  const named = [...new Set(rows.map((row) => row.preset ?? ''))].filter((name) => name !== '');
  const preset = named.length === 0 ? chosen : presets.find(({ name }) => name === named[0]);
  const lines = new Map<string, number>();
  for (const row of rows) {
    const cell = cellOf(row, seed, preset);
    const text =
      typeof cell === 'string' ? cell : problemOf(row, cell, { concepts, preset, first: named[0] });
    if (text !== undefined || typeof cell === 'string') {
      problems.push({ line: row.line, text: text ?? '' });
      continue;
    }
    const key = cellKey(cell);
    const before = lines.get(key);
    if (before === undefined) cells.push({ ...cell, line: row.line });
    else problems.push({ line: row.line, text: `The same picture as line ${before}.` });
    lines.set(key, before ?? row.line);
  }
  return { cells, preset, problems: [...tooMany(cells), ...problems] };
}

/** Words where the row has no cell. */
function cellOf(
  { product, scene, size, seed, negative }: CatalogueRow,
  usualSeed: number,
  preset: Preset | undefined,
): CatalogueCell | string {
  const pixels = size ?? preset?.size;
  if (pixels === undefined) return 'It has no size, and no preset that has one.';
  try {
    const { width, height } = pixels;
    const common = { product: productName(product), scene, width, height, seed: seed ?? usualSeed };
    return { ...common, ...(negative !== undefined && { negativePrompt: negative }) };
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    return `${error.message}.`;
  }
}

function problemOf(
  row: CatalogueRow,
  { product }: CatalogueCell,
  {
    concepts,
    preset,
    first,
  }: Pick<Surroundings, 'concepts'> & {
    readonly preset: Preset | undefined;
    readonly first: string | undefined;
  },
): string | undefined {
  const concept = concepts.find(({ name }) => name === product);
  if (concept === undefined) return `The library has no @${product}.`;
  if (!concept.usable) return `@${product} was taught on another image model.`;
  if (first !== undefined && row.preset !== first) {
    const own = row.preset === undefined ? 'It has no preset' : `Its preset is “${row.preset}”`;
    return `${own}, and others have “${first}”: a catalogue of the panel has one.`;
  }
  return row.preset !== undefined && preset === undefined
    ? `There is no preset “${row.preset}” here.`
    : undefined;
}

function tooMany(cells: readonly CatalogueCell[]): CatalogueImport['problems'] {
  const texts = [];
  if (cells.length > CATALOGUE_MAX_CELLS) {
    texts.push(
      `${cells.length} pictures: the panel makes at most ${CATALOGUE_MAX_CELLS} at once, the command line more.`,
    );
  }
  for (const [words, count] of [
    ['products', new Set(cells.map(({ product }) => product)).size],
    ['scenes', new Set(cells.map(({ scene }) => scene)).size],
    ['sizes', new Set(cells.map(({ width, height }) => `${width}x${height}`)).size],
    ['seeds', new Set(cells.map(({ seed }) => seed)).size],
  ] as const) {
    if (count > CATALOGUE_MAX_SIDE)
      texts.push(`${count} ${words}: at most ${CATALOGUE_MAX_SIDE} in one catalogue.`);
  }
  const bytes = new TextEncoder().encode(JSON.stringify(requestedCells({ cells }))).length;
  if (texts.length === 0 && bytes > REQUEST_MAX_BYTES)
    texts.push('Its scenes and negative prompts are too long for one catalogue: make two files of it.');
  return texts.map((text) => ({ line: undefined, text }));
}

/** Lists of a request, and the cells as places in them: by size first, since pictures of one size need one set of graphs. */
export function requestedCells({
  cells,
}: {
  readonly cells: readonly CatalogueCell[];
}): Pick<CatalogueJobSpec, 'products' | 'scenes' | 'sizes' | 'seeds' | 'negatives' | 'cells'> {
  const list = <T>(values: readonly T[]) => [...new Set(values)];
  const products = list(cells.map(({ product }) => product));
  const scenes = list(cells.map(({ scene }) => scene));
  const sizes = list(cells.map(({ width, height }) => `${width}x${height}`));
  const seeds = list(cells.map(({ seed }) => seed));
  const negatives = list(cells.flatMap(({ negativePrompt }) => negativePrompt ?? []));
  const places = cells.map(({ product, scene, width, height, seed, negativePrompt }) => ({
    product: products.indexOf(product),
    scene: scenes.indexOf(scene),
    size: sizes.indexOf(`${width}x${height}`),
    seed: seeds.indexOf(seed),
    ...(negativePrompt !== undefined && { negative: negatives.indexOf(negativePrompt) }),
  }));
  return {
    products,
    scenes,
    seeds,
    sizes: sizes.map((text) => {
      const [width, height] = text.split('x').map(Number);
      return { width: width!, height: height! };
    }),
    ...(negatives.length > 0 && { negatives }),
    cells: places.sort((a, b) => a.size - b.size || a.product - b.product || a.scene - b.scene),
  };
}
