/** The body of `catalogue`: products x scenes x sizes as one job, or chosen cells of that grid, each of which is one picture. */

import { type CatalogueCell, cellKey, gridCells } from '../catalogue.ts';
import { LikenessError } from '../errors.ts';
import { conceptNameSchema } from './concept.ts';
import { CATALOGUE_MAX_CELLS, CATALOGUE_MAX_SIDE, TEXT_MAX_LENGTH } from './limits.ts';
import { presetNameSchema, sceneSchema } from './preset.ts';
import { generateRequestSchema } from './requests.ts';
import { z } from './zod.ts';

const { seed, size, negativePrompt } = generateRequestSchema.shape;

/** Place in a list. */
const at = z
  .int()
  .nonnegative()
  .max(CATALOGUE_MAX_SIDE - 1);

const side = <T extends z.ZodType>(schema: T) => z.array(schema).min(1).max(CATALOGUE_MAX_SIDE);

export const catalogueRequestSchema = z.strictObject({
  /** Names of concepts, without the @. */
  products: side(conceptNameSchema),
  /** "on a beach", or with the product's place: "a shelf with {product} on it". */
  scenes: side(sceneSchema),
  /** In pixels, as `size` of `generate`. */
  sizes: side(size.unwrap()),
  /** One picture for each, of every product, scene and size. */
  seeds: side(seed),
  /** Negative prompts of single cells, in place of `negativePrompt`. */
  negatives: side(negativePrompt.unwrap()).optional(),
  /** Cells that are asked for, as places in these lists, as of a file with a row each; without it: all. */
  cells: z
    .array(z.strictObject({ product: at, scene: at, size: at, seed: at, negative: at.optional() }))
    .min(1)
    .max(CATALOGUE_MAX_CELLS)
    .optional(),
  /** Put behind every prompt as it is: a preset's light and palette. */
  words: z
    .string()
    .max(3 * TEXT_MAX_LENGTH)
    .optional(),
  /** Name of the preset that settings came from; for people. */
  preset: presetNameSchema.optional(),
  ...generateRequestSchema.pick({
    negativePrompt: true,
    strength: true,
    mask: true,
    steps: true,
    guidanceScale: true,
    guidanceResidual: true,
    loras: true,
    precision: true,
  }).shape,
});

export type CatalogueJobSpec = Readonly<z.infer<typeof catalogueRequestSchema>>;

/** Cells in the order of their numbers, from 0. */
export function catalogueCells(request: CatalogueJobSpec): readonly CatalogueCell[] {
  const { products, scenes, sizes, seeds, negatives = [], cells } = request;
  if (cells === undefined) return gridCells(request);
  return cells.map(({ product, scene, size, seed, negative }) => ({
    product: products[product]!,
    scene: scenes[scene]!,
    ...sizes[size]!,
    seed: seeds[seed]!,
    ...(negative !== undefined && { negativePrompt: negatives[negative]! }),
  }));
}

/** Number of cells. */
export function cellCount({ products, scenes, sizes, seeds, cells }: CatalogueJobSpec): number {
  return cells?.length ?? products.length * scenes.length * sizes.length * seeds.length;
}

/** @throws LikenessError `input` for too many cells, one that is none of the lists', or two that are the same picture */
export function requireCatalogue(request: CatalogueJobSpec): void {
  const { products, scenes, sizes, seeds, negatives = [], cells = [] } = request;
  const isInLists = cells.every(
    ({ product, scene, size, seed, negative = -1 }) =>
      product < products.length &&
      scene < scenes.length &&
      size < sizes.length &&
      seed < seeds.length &&
      negative < negatives.length,
  );
  if (!isInLists) {
    throw new LikenessError('input', 'a picture is asked for that is in none of the lists', {
      advice: 'Read the file of the catalogue again.',
    });
  }
  const count = cellCount(request);
  if (count > CATALOGUE_MAX_CELLS) {
    throw new LikenessError('input', `${count} pictures, expected at most ${CATALOGUE_MAX_CELLS}`, {
      advice: 'Make one catalogue of some of them, and another of the rest.',
    });
  }
  if (new Set(catalogueCells(request).map(cellKey)).size === count) return;
  throw new LikenessError('input', 'a picture is asked for twice', {
    advice: 'Name each product, scene, size and seed once.',
  });
}
