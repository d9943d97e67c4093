import { products } from './catalogue.ts';
import { colours } from './palette.ts';
import { patterns } from './pattern.ts';
import { scenes } from './scene.ts';
import type { Specimen } from './specimen.ts';

/** Bytes of one picture's label, in this order. */
export const labelFields = ['product', 'colour', 'second', 'pattern', 'scene', 'sunset'] as const;

export function labelOf({ placed, setting }: Specimen): Uint8Array {
  const { article } = placed[0]!;
  return Uint8Array.of(
    products.indexOf(article.product),
    article.colour,
    article.second,
    patterns.indexOf(article.pattern),
    scenes.indexOf(setting.scene),
    setting.sunset ? 1 : 0,
  );
}

/** What the numbers mean, for the programs that read the shards. */
export function legend() {
  return {
    fields: labelFields,
    products: products.map(({ name, words }) => ({ name, words })),
    colours: colours.map(({ name }) => name),
    patterns: patterns.map(({ name, worded }) => ({ name, worded })),
    scenes: scenes.map(({ name, phrases, outdoors }) => ({ name, phrases, outdoors })),
  };
}
