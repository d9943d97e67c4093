/**
 * Catalogue: products x scenes x sizes as cells of a grid, each of which is one picture. A cell's key says all that makes
 * it another picture, so that none is made twice.
 */

import { type ErrorCode, LikenessError } from './errors.ts';
import type { ImageSize } from './geometry.ts';
import { CONCEPT_NAME } from './protocol/concept.ts';

export interface CatalogueCell extends ImageSize {
  /** Concept name, without the @. */
  readonly product: string;
  /** "on a beach", or with the product's place: "a shelf with {product} on it". */
  readonly scene: string;
  readonly seed: number;
  readonly negativePrompt?: string;
  /** Name of a preset. */
  readonly preset?: string;
}

export interface CatalogueAxes {
  readonly products: readonly string[];
  readonly scenes: readonly string[];
  readonly sizes: readonly ImageSize[];
  readonly seeds: readonly number[];
}

/** Stands in a scene for its product. */
const PRODUCT_PLACE = '{product}';

const ENDING: ReadonlySet<ErrorCode> = new Set([
  'cancelled',
  'checkpoint-format',
  'checkpoint-missing',
  'checkpoint-unsupported',
  'device-unavailable',
  'storage',
]);

/** True where the next cell would end the same way, or the person stopped the work; else one that fails keeps none of the others. */
export function endsCatalogue(fault: unknown): boolean {
  return fault instanceof LikenessError && ENDING.has(fault.code);
}

/**
 * All cells, by size first: pictures of one size need one set of graphs. Then by product, scene and seed.
 * Cell ((size * products + product) * scenes + scene) * seeds + seed.
 */
export function gridCells({ products, scenes, sizes, seeds }: CatalogueAxes): readonly CatalogueCell[] {
  return sizes.flatMap(({ width, height }) =>
    products.flatMap((product) =>
      scenes.flatMap((scene) => seeds.map((seed) => ({ product, scene, width, height, seed }))),
    ),
  );
}

/** The same for two cells that are the same picture. */
export function cellKey({
  product,
  scene,
  width,
  height,
  seed,
  negativePrompt,
  preset,
}: CatalogueCell): string {
  return JSON.stringify([
    product,
    plainScene(scene),
    `${width}x${height}`,
    seed,
    ...(negativePrompt === undefined && preset === undefined ? [] : [negativePrompt ?? '', preset ?? '']),
  ]);
}

/** The prompt of a cell: "@aurora on a beach". @param words behind it, of a preset */
export function cellPrompt({ product, scene }: Pick<CatalogueCell, 'product' | 'scene'>, words = ''): string {
  const mention = `@${product}`;
  const plain = plainScene(scene);
  const prompt = plain.includes(PRODUCT_PLACE)
    ? plain.replaceAll(PRODUCT_PLACE, mention)
    : `${mention} ${plain}`;
  return `${prompt}${words}`;
}

/** True for a scene that says where its product stands in the words. */
export function hasProductPlace(scene: string): boolean {
  return scene.includes(PRODUCT_PLACE);
}

/** A cell as people read it: "aurora, on a beach, 128x128, seed 0". */
export function cellText({ product, scene, width, height, seed }: CatalogueCell): string {
  return `${product}, ${plainScene(scene).replaceAll(PRODUCT_PLACE, '…')}, ${width}x${height}, seed ${seed}`;
}

/** A product as it was typed, with or without @. @throws LikenessError `input` */
export function productName(typed: string): string {
  const name = typed.normalize('NFKC').trim().replace(/^@/, '').toLowerCase();
  if (CONCEPT_NAME.test(name)) return name;
  throw new LikenessError(
    'input',
    `${JSON.stringify(typed)} is no name of a product, expected one such as aurora`,
    {
      advice: 'Write the name that the concept has in prompts.',
    },
  );
}

/** Sides of a picture, against the model's, up to which it is expected to be made as large as it is asked for. */
const LARGEST_MADE = 2;

/** Pixels that a model of this resolution computes for a picture, for times that are left: one far larger is made small and scaled. */
export function computedPixels({ width, height }: ImageSize, resolution: number): number {
  const own = resolution ** 2;
  return width * height > LARGEST_MADE ** 2 * own ? own : width * height;
}

function plainScene(scene: string): string {
  return scene.normalize('NFC').trim().replaceAll(/\s+/gu, ' ');
}
