/** The body of `catalogue`: products x scenes x sizes as one job, each cell of which is one picture. */

import { type CatalogueCell, cellKey, gridCells } from '../catalogue.ts';
import { LikenessError } from '../errors.ts';
import { conceptNameSchema } from './concept.ts';
import { CATALOGUE_MAX_CELLS, CATALOGUE_MAX_SIDE, TEXT_MAX_LENGTH } from './limits.ts';
import { presetNameSchema, sceneSchema } from './preset.ts';
import { generateRequestSchema } from './requests.ts';
import { z } from './zod.ts';

const { seed, size } = generateRequestSchema.shape;

const side = <T extends z.ZodType>(schema: T) => z.array(schema).min(1).max(CATALOGUE_MAX_SIDE);

export const catalogueRequestSchema = z.strictObject({
  /** Names of concepts, without the @. */
  products: side(conceptNameSchema),
  /** "on a beach", or with the product's place: "a shelf with {product} on it". */
  scenes: side(sceneSchema),
  /** In pixels, multiples of the model's `sizeUnit`. */
  sizes: side(size.unwrap()),
  /** One picture for each, of every product, scene and size. */
  seeds: side(seed),
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
  }).shape,
});

export type CatalogueJobSpec = Readonly<z.infer<typeof catalogueRequestSchema>>;

/** Cells in the order of their numbers, from 0. */
export function catalogueCells(request: CatalogueJobSpec): readonly CatalogueCell[] {
  return gridCells(request);
}

/** @throws LikenessError `input` for too many cells, or two that are the same picture */
export function requireCatalogue(request: CatalogueJobSpec): void {
  const { products, scenes, sizes, seeds } = request;
  const count = products.length * scenes.length * sizes.length * seeds.length;
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
