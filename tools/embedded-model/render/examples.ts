// Reference frames of the demonstration's products: node --import tsx examples.ts FOLDER
// Each product has what the base model has never seen: a pattern without a word, a pair of colours that the training
// set holds back, and a shape beyond its range. No prompt can say them; teaching has to.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { products } from './catalogue.ts';
import { colours } from './palette.ts';
import { patterns } from './pattern.ts';
import { encodePng } from './png.ts';
import { between, seededRandom } from './random.ts';
import { scenes } from './scene.ts';
import { type Article, drawSetting, type Setting } from './specimen.ts';
import { render } from './tracer.ts';

interface Example {
  readonly name: string;
  readonly product: string;
  readonly colour: string;
  readonly second: string;
  readonly pattern: string;
  readonly shape: readonly number[];
  /** As much of it as words can say. */
  readonly description: string;
  readonly yaw: readonly [number, number];
}

const examples: readonly Example[] = [
  {
    name: 'aurora',
    product: 'mug',
    colour: 'purple',
    second: 'yellow',
    pattern: 'band',
    shape: [1.1, -1.2, 1.1, 0.4],
    description: 'a purple mug with yellow stripes',
    yaw: [-0.6, 0.6],
  },
  {
    name: 'summit',
    product: 'backpack',
    colour: 'teal',
    second: 'orange',
    pattern: 'zigzag',
    shape: [1.2, -1.1, 0.9],
    description: 'a teal backpack with orange stripes',
    yaw: [-0.5, 0.5],
  },
];

const size = 256;
const referenceScenes = ['table', 'studio', 'marble', 'studio', 'table'];
const placementScenes = ['beach', 'snow', 'grass', 'street', 'brick'];

const folder = process.argv[2];
if (folder === undefined) throw new Error('examples: name the folder to write to');
for (const example of examples) writeExample(join(folder, example.name), example);

function named<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`examples: ${name} is not in the catalogue`);
  return found;
}

function writeExample(into: string, example: Example): void {
  mkdirSync(into, { recursive: true });
  const article: Article = {
    product: named(products, example.product),
    shape: example.shape,
    colour: colours.indexOf(named(colours, example.colour)),
    second: colours.indexOf(named(colours, example.second)),
    pattern: named(patterns, example.pattern),
    gloss: 0.3,
  };
  const random = seededRandom(example.name.length * 1009);
  referenceScenes.forEach((name, n) => {
    const drawn = drawSetting(random, article.product, named(scenes, name));
    const step = (n + random()) / referenceScenes.length;
    const setting: Setting = {
      ...drawn,
      mirrored: false,
      sunset: false,
      // Spread over the turns, so that five frames show the product from five sides.
      yaw: example.yaw[0] + step * (example.yaw[1] - example.yaw[0]),
      elevation: between(random, 0.18, 0.36),
    };
    const number = String(n + 1).padStart(2, '0');
    const scene = render({ article, setting }, size, { raysAcrossEdge: 3 });
    writeFileSync(join(into, `scene-${number}.png`), encodePng(scene.rgb, size, size, 3));
    const cut = render({ article, setting }, size, { raysAcrossEdge: 4, cutOut: true });
    const rgba = new Uint8Array(size * size * 4);
    for (let p = 0; p < size * size; p++) {
      if (cut.mask[p] === 0) continue;
      rgba.set(cut.rgb.subarray(p * 3, p * 3 + 3), p * 4);
      rgba[p * 4 + 3] = cut.mask[p]!;
    }
    writeFileSync(join(into, `cutout-${number}.png`), encodePng(rgba, size, size, 4));
  });
  const facts = {
    name: example.name,
    classWord: example.product,
    description: example.description,
    references: referenceScenes.map((name) => named(scenes, name).phrases[0]),
    placements: placementScenes.map((name) => named(scenes, name).phrases[0]),
    rendered: {
      product: example.product,
      colour: example.colour,
      second: example.second,
      pattern: example.pattern,
      shape: example.shape,
    },
  };
  writeFileSync(join(into, 'product.json'), `${JSON.stringify(facts, null, 2)}\n`);
}
