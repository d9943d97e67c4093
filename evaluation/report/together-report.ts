/** Report of several products in one picture: tables of the arms and of the products, and the sheet of one seed. */

import type { Picture } from '../../companion/images/picture.ts';
import { drawContactSheet } from '../../companion/images/sheets/contact-sheet.ts';
import { fine, interval, signed } from '../statistics/interval.ts';
import { estimate, estimateShare } from '../statistics/statistics.ts';
import {
  type PictureTogether,
  type ProductSeen,
  TOGETHER_ARMS,
  TOGETHER_SCENES,
} from '../trials/products-together.ts';
import { markdownTable } from './markdown-table.ts';

export function togetherTables(pictures: readonly PictureTogether[]): string {
  const arms = TOGETHER_ARMS.flatMap(({ key, label }) => {
    const own = pictures.filter(({ arm }) => arm === key);
    if (own.length === 0) return [];
    const both = own.map(({ products }) => products.every(({ isPresent }) => isPresent));
    const of = (value: (one: ProductSeen) => number, format = fine) =>
      interval(
        estimate(
          own.flatMap(({ pair, products }) => products.map((one) => ({ cluster: pair, value: value(one) }))),
        ),
        format,
      );
    return [
      [
        label,
        `${both.filter(Boolean).length} of ${own.length}`,
        interval(estimateShare(both), (share) => `${Math.round(100 * share)} %`),
        of(({ identity }) => identity),
        of(({ toAnother }) => toAnother),
        of(({ identity, aloneReduced }) => identity - aloneReduced, signed),
        of(({ identity, alone }) => identity - alone, signed),
      ],
    ];
  });
  const names = [...new Set(pictures.flatMap(({ products }) => products.map(({ name }) => name)))];
  const products = names.map((name) => {
    const of = (key: (typeof TOGETHER_ARMS)[number]['key'], value: (one: ProductSeen) => number) => {
      const own = pictures.filter(({ arm }) => arm === key).flatMap((one) => one.products);
      return mean(own.filter((one) => one.name === name).map(value));
    };
    const difference = ({ identity, aloneReduced }: ProductSeen) => identity - aloneReduced;
    return [
      `@${name}`,
      fine(of('columns', ({ alone }) => alone)),
      fine(of('columns', ({ aloneReduced }) => aloneReduced)),
      fine(of('columns', ({ identity }) => identity)),
      signed(of('columns', difference)),
      fine(of('drawn', ({ aloneReduced }) => aloneReduced)),
      fine(of('drawn', ({ identity }) => identity)),
      signed(of('drawn', difference)),
    ];
  });
  return [
    markdownTable(
      [
        'told by',
        'both present, each in its own place',
        'share',
        'identity',
        'likeness to the most alike of the others',
        'against alone, at the same size',
        'against alone, at its own size',
      ],
      arms,
    ),
    markdownTable(
      [
        'product',
        'alone',
        'alone, as small as side by side',
        'side by side',
        'difference',
        'alone, as small as drawn',
        'drawn places',
        'difference',
      ],
      products,
    ),
  ].join('\n\n');
}

/** Two enlargements of a picture of 128 px would fill a page; so a row of nine does. */
const CELL_SIDE = 128;

const SHOWN_SEED = 0;

/** A pair a row, a scene three columns: words, side by side, drawn places. */
export function drawTogetherSheet(pictures: readonly PictureTogether[], model: string): Promise<Picture> {
  const shown = pictures.filter(({ seed }) => seed === SHOWN_SEED);
  const columns = TOGETHER_SCENES.flatMap((scene) => TOGETHER_ARMS.map((arm) => ({ scene, arm })));
  const pairs = [...new Set(shown.map(({ pair }) => pair))];
  return drawContactSheet({
    title: 'Two products in one picture',
    subtitle: `Every pair, in three scenes: by words alone, side by side, and in drawn places. Not chosen: the first seed. A cross: the judge does not find both, each in its own place.`,
    cellSize: CELL_SIDE,
    rows: pairs.map((pair) => {
      const own = columns.map(({ scene, arm }) =>
        shown.find((one) => one.pair === pair && one.scene === scene && one.arm === arm.key),
      );
      return {
        label: pair,
        pictures: own.map((one) => one?.picture),
        captions: columns.map(({ scene, arm }, index) => {
          const isFound = own[index]?.products.every(({ isPresent }) => isPresent);
          return `${scene}, ${arm.label}${isFound === false ? ' ×' : ''}`;
        }),
      };
    }),
    footer: `Model ${model}. npm run placing. Pictures are AI-made.`,
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
