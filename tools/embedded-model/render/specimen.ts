import { products } from './catalogue.ts';
import { colours, isHeldOut } from './palette.ts';
import { type Pattern, patterns } from './pattern.ts';
import type { Product } from './product.ts';
import { between, pick, type Random, seededRandom } from './random.ts';
import { type Scene, scenes } from './scene.ts';

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

/** How a picture of it is taken: what changes from picture to picture. */
export interface Setting {
  readonly scene: Scene;
  readonly sunset: boolean;
  /** Turn of the product about the vertical axis, radians. */
  readonly yaw: number;
  /** The product is seen in a mirror: handles and toes point both ways. */
  readonly mirrored: boolean;
  /** Height of the camera above the horizon, radians. */
  readonly elevation: number;
  /** Share of the picture that the product's longer side takes. */
  readonly fill: number;
  /** Where in the remaining room it stands: -1 to 1 from left to right and bottom to top. */
  readonly place: readonly [number, number];
  /** Towards the lamp or sun, unit length. */
  readonly light: readonly [number, number, number];
  /** Shifts floor and backdrop, so that no two places are the same. */
  readonly drift: readonly [number, number];
}

export interface Specimen {
  readonly article: Article;
  readonly setting: Setting;
}

/** The training set draws each shape parameter from minus to plus this. */
export const shapeRange = 0.8;
const sunsetShare = 0.15;
/** Of each product's own `fill`: leaves the scene enough room to be recognised, and a mask something to leave out. */
const closeness = 0.88;

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

export function drawSetting(random: Random, product: Product, scene = pick(random, scenes)): Setting {
  const side = random() < 0.5 ? -1 : 1;
  const azimuth = side * between(random, 0.3, 1.05);
  const height = between(random, 0.65, 1.1);
  return {
    scene,
    sunset: scene.outdoors && random() < sunsetShare,
    yaw: between(random, product.yaw[0], product.yaw[1]),
    mirrored: random() < 0.5,
    elevation: between(random, 0.14, 0.42),
    fill: closeness * between(random, product.fill[0], product.fill[1]),
    place: [between(random, -0.8, 0.8), between(random, -0.7, 0.3)],
    light: [Math.sin(azimuth) * Math.cos(height), Math.sin(height), Math.cos(azimuth) * Math.cos(height)],
    drift: [between(random, 0, 40), between(random, 0, 40)],
  };
}

export function drawSpecimen(seed: number, vocabulary: Vocabulary): Specimen {
  const random = seededRandom(seed);
  const article = drawArticle(random, vocabulary);
  return { article, setting: drawSetting(random, article.product) };
}
