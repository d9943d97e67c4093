// How much of its likeness a product loses by the judge alone where another stands beside it:
// node --import tsx tools/embedded-model/check-beside.ts
// Everything is rendered: each product alone, in the same pose, scene and light, and beside another; so no model has a part in it,
// and what is lost is lost by how the judge finds the outline. Column by column: alone, made as small as it is in the picture of
// two; there by its true outline; by all that the judge finds on its side; by the largest piece of that, as `npm run placing` reads it;
// and the most alike of the three other products, by all of it and by the piece.

import { fileURLToPath } from 'node:url';
import { type Picture, picture } from '../../companion/images/picture.ts';
import {
  closeUp,
  largestPiece,
  longerSide,
  reducedTo,
  type SeenObject,
} from '../../evaluation/judge/close-up.ts';
import { Judge, type Likeness } from '../../evaluation/judge/judge.ts';
import { standBeside } from './render/beside.ts';
import { named, products } from './render/catalogue.ts';
import { demonstration, type Example, evaluation } from './render/example-products.ts';
import { colours } from './render/palette.ts';
import { patterns } from './render/pattern.ts';
import { drawPlacing, type Placed, type Setting } from './render/placing.ts';
import { between, type Random, seededRandom } from './render/random.ts';
import { render } from './render/render.ts';
import { scenes } from './render/scene.ts';

const SIZE = 128;
const REFERENCE_SCENES = ['table', 'studio', 'marble', 'studio', 'table'];
const SHOWN_SCENES = ['beach', 'grass', 'street'];
const TIMES = 2;

/** Those of `npm run placing`. */
const NAMES = ['aurora', 'summit', 'canyon', 'ember'];
const examples = NAMES.map((name) => [...demonstration, ...evaluation].find((one) => one.name === name)!);

function drawExample(random: Random, example: Example, scene: string) {
  const colour = (name: string) => colours.indexOf(named(colours, name));
  const article = {
    product: named(products, example.product),
    shape: example.shape,
    colour: colour(example.colour),
    second: colour(example.second),
    pattern: named(patterns, example.pattern),
    gloss: 0.3,
  };
  const { placed, setting } = drawPlacing(random, article, named(scenes, scene));
  const yaw = between(random, example.yaw[0], example.yaw[1]);
  return { placed: { ...placed, mirrored: false, yaw }, setting };
}

interface Rendered {
  readonly picture: Picture;
  /** One a product, 0..1. */
  readonly masks: readonly Float32Array[];
}

function rendered(placed: readonly Placed[], setting: Setting): Rendered {
  const { rgb, masks } = render({ placed, setting }, SIZE);
  return {
    picture: picture(SIZE, SIZE, 3, rgb),
    masks: masks.map((mask) => Float32Array.from(mask, (share) => share / 255)),
  };
}

function cutOut({ picture: { data }, masks: [mask] }: Rendered): Picture {
  const rgba = new Uint8Array(SIZE * SIZE * 4);
  for (const [pixel, share] of mask!.entries()) {
    rgba.set(data.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    rgba[pixel * 4 + 3] = Math.round(share * 255);
  }
  return picture(SIZE, SIZE, 4, rgba);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Middle of a mask from left to right, in pixels. */
function middle(mask: Float32Array): number {
  const total = mask.reduce((sum, value) => sum + value, 0);
  return mask.reduce((sum, value, pixel) => sum + value * (pixel % SIZE), 0) / total;
}

const judge = await Judge.open(fileURLToPath(new URL('../../models/evaluators', import.meta.url)));
const likenesses: Likeness[] = [];
for (const [index, example] of examples.entries()) {
  const random = seededRandom(5000 + index);
  const references = REFERENCE_SCENES.map((scene) => {
    const { placed, setting } = drawExample(random, example, scene);
    return cutOut(rendered([placed], setting));
  });
  likenesses.push(await judge.likenessTo(references));
}

const rows = examples.map(() => [] as number[][]);
for (let time = 0; time < TIMES; time++) {
  for (const [index, scene] of SHOWN_SCENES.entries()) {
    for (let one = 0; one < examples.length; one++) {
      for (let other = one + 1; other < examples.length; other++) {
        const random = seededRandom(70000 + 1000 * time + 100 * index + 10 * one + other);
        await showBeside(random, scene, [one, other]);
      }
    }
  }
}
const print = (name: string, own: readonly number[][]) => {
  const columns = own[0]!.map((_, column) => mean(own.map((row) => row[column]!)).toFixed(3));
  console.log(
    [name.padEnd(8), `${own.length}`.padStart(4), ...columns.map((one) => one.padStart(8))].join(' '),
  );
};
console.log('product     n    alone     true      all    piece   others: all  piece');
for (const [index, { name }] of examples.entries()) print(name, rows[index]!);
print('all', rows.flat());
await judge.close();

async function showBeside(random: Random, scene: string, pair: readonly [number, number]): Promise<void> {
  const drawn = pair.map((index) => drawExample(random, examples[index]!, scene));
  const { setting } = drawn[0]!;
  const both = standBeside(random, drawn[0]!.placed, drawn[1]!.placed);
  const together = rendered(both, setting);
  const found = await judge.objectIn(together.picture);
  const split = mean(together.masks.map(middle));
  for (const [at, index] of pair.entries()) {
    const truth: SeenObject = { picture: together.picture, object: together.masks[at]! };
    const isLeft = middle(truth.object) < split;
    const side = found.map((value, pixel) => (pixel % SIZE < split === isLeft ? value : 0));
    const all: SeenObject = { picture: together.picture, object: side };
    const solo = rendered([{ ...both[at]!, ground: { x: 0, z: 0 } }], setting);
    const alone = largestPiece({ picture: solo.picture, object: await judge.objectIn(solo.picture) });
    const piece = largestPiece(all);
    const likenessOf = (seen: SeenObject, of = index) => {
      const near = closeUp(seen);
      return likenesses[of]!(near.picture, near.object);
    };
    const row: number[] = [];
    for (const seen of [await reducedTo(longerSide(truth), alone), truth, all, piece]) {
      row.push(await likenessOf(seen));
    }
    for (const seen of [all, piece]) {
      let another = -1;
      for (let of = 0; of < examples.length; of++) {
        if (of !== index) another = Math.max(another, await likenessOf(seen, of));
      }
      row.push(another);
    }
    rows[index]!.push(row);
  }
}
