// How well the judge's likeness tells a product from one that fits its description as well:
// node --import tsx tools/embedded-model/check-identity.ts
// Everything is rendered, so no picture of a model, taught or not, has a part in it.

import { fileURLToPath } from 'node:url';
import { type Picture, picture } from '../../companion/images/picture.ts';
import { Judge } from '../../evaluation/judge/judge.ts';
import { shapeRange } from './render/article.ts';
import { named, products } from './render/catalogue.ts';
import { demonstration, type Example, evaluation } from './render/example-products.ts';
import { colours } from './render/palette.ts';
import { patterns } from './render/pattern.ts';
import { drawPlacing } from './render/placing.ts';
import { between, seededRandom } from './render/random.ts';
import { render } from './render/render.ts';
import { scenes } from './render/scene.ts';

const SIZE = 128;
const REFERENCE_SCENES = ['table', 'studio', 'marble', 'studio', 'table'];
const PLACEMENT_SCENES = ['beach', 'snow', 'grass', 'street', 'brick', 'beach'];

interface Shown {
  readonly picture: Picture;
  readonly object: Float32Array;
}

/** What a description's pattern looks like when a model draws it. */
function toldPattern({ description }: Example): string {
  return patterns.find(({ name, worded }) => worded && description.includes(name))?.name ?? 'plain';
}

function photographer(example: Example, seed: number) {
  const random = seededRandom(seed);
  const product = named(products, example.product);
  const colour = (name: string) => colours.indexOf(named(colours, name));
  return (scene: string, pattern: string, shape = example.shape): Shown => {
    const article = {
      product,
      shape,
      colour: colour(example.colour),
      second: colour(example.second),
      pattern: named(patterns, pattern),
      gloss: 0.3,
    };
    const { placed, setting } = drawPlacing(random, article, named(scenes, scene));
    const yaw = between(random, example.yaw[0], example.yaw[1]);
    const { rgb, mask } = render({ placed: [{ ...placed, mirrored: false, yaw }], setting }, SIZE);
    return { picture: picture(SIZE, SIZE, 3, rgb), object: Float32Array.from(mask, (share) => share / 255) };
  };
}

/** The reference as a designer exports it: alpha is the object. */
function cutOut({ picture: { data }, object }: Shown): Picture {
  const rgba = new Uint8Array(SIZE * SIZE * 4);
  for (const [pixel, share] of object.entries()) {
    rgba.set(data.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    rgba[pixel * 4 + 3] = Math.round(share * 255);
  }
  return picture(SIZE, SIZE, 4, rgba);
}

/** Share of the pairs in which the one is above the other (area under the ROC curve). */
function shareAbove(high: readonly number[], low: readonly number[]): number {
  const above = high.flatMap((a) => low.map((b): number => (a > b ? 1 : 0)));
  return above.reduce((sum, one) => sum + one, 0) / above.length;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const judge = await Judge.open(fileURLToPath(new URL('../../models/evaluators', import.meta.url)));
const all = { same: [] as number[], told: [] as number[] };
console.log('product   same   told   share of pairs in the right order');
for (const [index, example] of [...demonstration, ...evaluation].entries()) {
  const show = photographer(example, 5000 + index);
  const random = seededRandom(9000 + index);
  const likeness = await judge.likenessTo(
    REFERENCE_SCENES.map((scene) => cutOut(show(scene, example.pattern))),
  );
  const scores = async (pictures: readonly Shown[]) => {
    const found: number[] = [];
    for (const one of pictures) found.push(await likeness(one.picture, one.object));
    return found;
  };
  const same = await scores(PLACEMENT_SCENES.map((scene) => show(scene, example.pattern)));
  const told = await scores(
    PLACEMENT_SCENES.map((scene) =>
      show(
        scene,
        toldPattern(example),
        example.shape.map(() => between(random, -shapeRange, shapeRange)),
      ),
    ),
  );
  const row = [mean(same), mean(told), shareAbove(same, told)].map((value) => value.toFixed(3));
  console.log(`${example.name.padEnd(9)} ${row.join('  ')}`);
  all.same.push(...same);
  all.told.push(...told);
}
console.log(
  `all       ${[mean(all.same), mean(all.told), shareAbove(all.same, all.told)].map((v) => v.toFixed(3)).join('  ')}`,
);
await judge.close();
