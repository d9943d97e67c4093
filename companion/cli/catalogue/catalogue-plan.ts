/** CataloguePlan: every picture of a catalogue with its file, its prompt and the settings of its preset, in the order of the work. */

import {
  type CatalogueCell,
  cellKey,
  cellPrompt,
  cellText,
  gridCells,
  productName,
} from '../../../shared/catalogue.ts';
import { CATALOGUE_MAX_PICTURES, type CatalogueRow } from '../../../shared/catalogue-file.ts';
import { LikenessError } from '../../../shared/errors.ts';
import type { ImageSize } from '../../../shared/geometry.ts';
import { type Preset, presetWords } from '../../../shared/protocol/preset.ts';
import { DEFAULT_PATTERN, pictureNames, SEEDS_PATTERN } from './picture-names.ts';

export interface PlannedPicture {
  readonly key: string;
  readonly cell: CatalogueCell;
  /** Inside the folder, with /. */
  readonly file: string;
  /** With its preset's words. */
  readonly prompt: string;
  readonly preset: Preset | undefined;
}

/** A catalogue as it was asked for: rows of a file, or lists. */
export interface CatalogueSource {
  readonly rows?: readonly CatalogueRow[] | undefined;
  readonly products?: readonly string[] | undefined;
  readonly scenes?: readonly string[] | undefined;
  readonly sizes?: readonly ImageSize[] | undefined;
  /** For lists, and for rows that have none. */
  readonly seeds: readonly number[];
  readonly negative?: string | undefined;
  /** For rows that name none. */
  readonly preset?: string | undefined;
  readonly pattern?: string | undefined;
}

interface RequestedPicture {
  readonly cell: CatalogueCell;
  readonly preset: Preset | undefined;
  readonly pattern?: string | undefined;
  /** Line of a file. */
  readonly line?: number;
}

/**
 * @param presets by name: each that the source names
 * @throws LikenessError `input` for a cell without a size, for two that are the same, or for names that are the same
 */
export function planCatalogue(
  source: CatalogueSource,
  presets: ReadonlyMap<string, Preset>,
): readonly PlannedPicture[] {
  const requested =
    source.rows === undefined ? ofLists(source, presets) : ofRows(source.rows, source, presets);
  if (requested.length > CATALOGUE_MAX_PICTURES) {
    throw refusal(`${requested.length} pictures, expected at most ${CATALOGUE_MAX_PICTURES}`);
  }
  requireDistinct(requested);
  const pattern = source.pattern ?? (differInSeedAlone(requested) ? SEEDS_PATTERN : DEFAULT_PATTERN);
  const names = pictureNames(requested, pattern);
  const planned = requested.map(({ cell, preset }, index) => ({
    key: cellKey(cell),
    cell,
    file: names[index]!,
    prompt: cellPrompt(cell, preset && presetWords(preset)),
    preset,
  }));
  return inOrderOfWork(planned);
}

function requireDistinct(requested: readonly RequestedPicture[]): void {
  const lines = new Map<string, number | undefined>();
  for (const { cell, line } of requested) {
    const key = cellKey(cell);
    if (lines.has(key)) {
      const where = line === undefined ? '' : `lines ${lines.get(key)} and ${line}: `;
      throw refusal(`${where}${cellText(cell)} is asked for twice`);
    }
    lines.set(key, line);
  }
}

/** True where the usual names would be the same for two pictures of other seeds. */
function differInSeedAlone(requested: readonly RequestedPicture[]): boolean {
  const usual = requested.filter(({ pattern }) => pattern === undefined);
  const seeds = new Map<string, number>();
  return usual.some(({ cell }) => {
    const key = cellKey({ ...cell, seed: 0 });
    const other = seeds.get(key) ?? cell.seed;
    seeds.set(key, other);
    return other !== cell.seed;
  });
}

/** Names of presets that the source needs. */
export function presetsNamed({ rows = [], preset }: CatalogueSource): readonly string[] {
  const named = [preset, ...rows.map((row) => row.preset)];
  return [...new Set(named.filter((name) => name !== undefined))];
}

function ofLists(source: CatalogueSource, presets: ReadonlyMap<string, Preset>): readonly RequestedPicture[] {
  const preset = source.preset === undefined ? undefined : presets.get(source.preset);
  const scenes = source.scenes ?? preset?.scenes ?? [];
  const sizes = source.sizes ?? (preset?.size === undefined ? [] : [preset.size]);
  const products = (source.products ?? []).map(productName);
  const missing = [
    ...(products.length === 0 ? ['--products'] : []),
    ...(scenes.length === 0 ? ['--scenes'] : []),
    ...(sizes.length === 0 ? ['--sizes'] : []),
  ];
  if (missing.length > 0) {
    throw new LikenessError('input', `a catalogue of lists needs ${missing.join(' and ')}`, {
      advice: 'Name them, or give a CSV file with the columns product, scene and size.',
    });
  }
  const cells = gridCells({ products, scenes, sizes, seeds: source.seeds });
  return cells.map((cell) => ({ cell: withPreset(cell, source.negative, preset), preset }));
}

function ofRows(
  rows: readonly CatalogueRow[],
  source: CatalogueSource,
  presets: ReadonlyMap<string, Preset>,
): readonly RequestedPicture[] {
  return rows.flatMap((row) => {
    const { line, product, scene, seed, negative, name: pattern } = row;
    const named = row.preset ?? source.preset;
    const preset = named === undefined ? undefined : presets.get(named);
    const size = row.size ?? preset?.size;
    if (size === undefined) throw refusal(`line ${line} has no size, and no preset that has one`);
    const { width, height } = size;
    const seeds = seed === undefined ? source.seeds : [seed];
    return seeds.map((each) => {
      const cell = { product: productOf(product, line), scene, width, height, seed: each };
      return { cell: withPreset(cell, negative ?? source.negative, preset), preset, pattern, line };
    });
  });
}

function productOf(product: string, line: number): string {
  try {
    return productName(product);
  } catch (error) {
    throw refusal(`line ${line}, product: ${(error as Error).message}`);
  }
}

function withPreset(
  cell: CatalogueCell,
  negative: string | undefined,
  preset: Preset | undefined,
): CatalogueCell {
  const negativePrompt = negative ?? preset?.negativePrompt;
  return {
    ...cell,
    ...(negativePrompt !== undefined && { negativePrompt }),
    ...(preset !== undefined && { preset: preset.name }),
  };
}

/** Pictures of one model with one set of LoRAs follow each other, and of one size in them: less is opened anew. */
function inOrderOfWork(planned: readonly PlannedPicture[]): readonly PlannedPicture[] {
  const groupOf = ({ preset, cell: { width, height } }: PlannedPicture) =>
    `${modelGroup(preset)} ${width}x${height}`;
  const groups = new Map<string, PlannedPicture[]>();
  for (const picture of planned) {
    const group = groupOf(picture);
    groups.set(group, [...(groups.get(group) ?? []), picture]);
  }
  return [...groups.keys()].sort().flatMap((group) => groups.get(group)!);
}

/** The same for presets whose pictures one opened model makes. */
export function modelGroup(preset: Preset | undefined): string {
  return JSON.stringify([preset?.model ?? '', preset?.loras ?? []]);
}

function refusal(message: string): LikenessError {
  return new LikenessError('input', message, {
    advice: 'Change the catalogue: each picture is asked for once.',
  });
}
