/** CatalogueTable: a catalogue's pictures as a table, products down, scenes and sizes across. */

import type { CatalogueCell } from '../../../../shared/catalogue.ts';
import { type CatalogueJobSpec, catalogueCells } from '../../../../shared/protocol/catalogue.ts';

export interface CatalogueColumn extends Omit<CatalogueCell, 'product'> {
  /** "on a beach"; with the seed where there are several. */
  readonly label: string;
}

/** Columns that have a picture: scenes, in each its sizes, in each its seeds. */
export function tableColumns(request: CatalogueJobSpec): readonly CatalogueColumn[] {
  const { scenes, sizes, seeds, negatives = [] } = request;
  const columns = new Map<string, CatalogueColumn>();
  for (const { product: _, ...cell } of catalogueCells(request)) {
    const { scene, seed, negativePrompt } = cell;
    const seedWords = seeds.length > 1 ? `, seed ${seed}` : '';
    const without = negativePrompt === undefined ? '' : `, without ${negativePrompt}`;
    const label = `${scene.replace('{product}', '…')}${seedWords}${without}`;
    columns.set(columnKey(cell), { ...cell, label });
  }
  const placeOf = ({ scene, width, height, seed, negativePrompt = '' }: CatalogueColumn) => [
    scenes.indexOf(scene),
    sizes.findIndex((size) => size.width === width && size.height === height),
    seeds.indexOf(seed),
    negatives.indexOf(negativePrompt),
  ];
  const places = new Map([...columns.values()].map((column) => [column, placeOf(column)] as const));
  return [...columns.values()].sort((a, b) => {
    const [first, second] = [places.get(a)!, places.get(b)!];
    const differing = first.findIndex((place, index) => place !== second[index]);
    return differing < 0 ? 0 : first[differing]! - second[differing]!;
  });
}

export function columnOf(cell: CatalogueCell, columns: readonly CatalogueColumn[]): number {
  const key = columnKey(cell);
  return columns.findIndex((column) => columnKey(column) === key);
}

function columnKey({ scene, width, height, seed, negativePrompt }: Omit<CatalogueCell, 'product'>): string {
  return JSON.stringify([scene, width, height, seed, negativePrompt]);
}
