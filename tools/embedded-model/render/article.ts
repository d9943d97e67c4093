import { products } from './catalogue.ts';
import { colours, isHeldOut } from './palette.ts';
import { type Pattern, patterns } from './pattern.ts';
import type { Product } from './product.ts';
import { between, pick, type Random } from './random.ts';

/** A particular product: what stays the same from picture to picture. */
export interface Article {
  readonly product: Product;
  readonly shape: readonly number[];
  /** Indexes into the palette. */
  readonly colour: number;
  readonly second: number;
  readonly pattern: Pattern;
  /** 0 is matt, 1 is polished. */
  readonly gloss: number;
}

/** The training set draws each shape parameter from minus to plus this. */
export const shapeRange = 0.8;

export interface Vocabulary {
  readonly patterns: readonly Pattern[];
  readonly heldOutPairs: boolean;
}

export const training: Vocabulary = { patterns: patterns.filter((p) => p.worded), heldOutPairs: false };
export const everything: Vocabulary = { patterns, heldOutPairs: true };

export function drawArticle(random: Random, vocabulary: Vocabulary): Article {
  const product = pick(random, products);
  const pattern = pick(random, vocabulary.patterns);
  const colour = Math.floor(random() * colours.length);
  let second = colour;
  while (
    second === colour ||
    (!vocabulary.heldOutPairs &&
      pattern.name !== 'plain' &&
      isHeldOut(colours[colour]!.name, colours[second]!.name))
  ) {
    second = Math.floor(random() * colours.length);
  }
  const shape = Array.from({ length: product.parameters }, () => between(random, -shapeRange, shapeRange));
  return { product, shape, colour, second, pattern, gloss: between(random, 0.1, 0.6) };
}
