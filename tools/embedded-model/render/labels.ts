import { products } from './catalogue.ts';
import { colours } from './palette.ts';
import { patterns } from './pattern.ts';
import { scenes } from './scene.ts';
import type { Specimen } from './specimen.ts';

const fieldsOfOne = ['product', 'colour', 'second', 'pattern', 'scene', 'sunset'] as const;
/** Of the product beside the first. */
const fieldsBeside = ['product beside', 'colour beside', 'second beside', 'pattern beside'] as const;
/** Stands in the fields of a product that is not there. */
const none = 255;

/** Bytes of one picture's label, in this order; a set with pictures of two products, `twos`, needs more. */
export function labelFields(twos: boolean): readonly string[] {
  return twos ? [...fieldsOfOne, ...fieldsBeside] : fieldsOfOne;
}

export function labelOf({ placed, setting }: Specimen, twos: boolean): Uint8Array {
  const [first, beside] = placed.map(({ article }) => [
    products.indexOf(article.product),
    article.colour,
    article.second,
    patterns.indexOf(article.pattern),
  ]);
  const label = [...first!, scenes.indexOf(setting.scene), setting.sunset ? 1 : 0];
  return Uint8Array.from(twos ? [...label, ...(beside ?? fieldsBeside.map(() => none))] : label);
}

/** What the numbers mean, for the programs that read the shards. */
export function legend(twos: boolean) {
  return {
    fields: labelFields(twos),
    products: products.map(({ name, words }) => ({ name, words })),
    colours: colours.map(({ name }) => name),
    patterns: patterns.map(({ name, worded }) => ({ name, worded })),
    scenes: scenes.map(({ name, phrases, outdoors }) => ({ name, phrases, outdoors })),
  };
}
