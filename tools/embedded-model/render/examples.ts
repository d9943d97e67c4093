// Reference frames of the products that are taught, and the words of the catalogue: node --import tsx examples.ts FOLDER
// What they have no prompt can say; teaching has to.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Article, shapeRange } from './article.ts';
import { named, products } from './catalogue.ts';
import { demonstration, type Example, evaluation } from './example-products.ts';
import { colours, isHeldOut } from './palette.ts';
import { patterns } from './pattern.ts';
import { drawPlacing } from './placing.ts';
import { encodePng } from './png.ts';
import { between, seededRandom } from './random.ts';
import { render } from './render.ts';
import { scenes } from './scene.ts';
import type { Specimen } from './specimen.ts';

const size = 256;
const referenceScenes = ['table', 'studio', 'marble', 'studio', 'table'];
const placementScenes = ['beach', 'snow', 'grass', 'street', 'brick'];

const folder = process.argv[2];
if (folder === undefined) throw new Error('examples: name the folder to write to');
for (const example of demonstration) writeExample(join(folder, example.name), example, { scenes: true });
for (const example of evaluation) {
  writeExample(join(folder, 'evaluation', example.name), example, { scenes: false });
}
writeJson(join(folder, 'evaluation', 'vocabulary.json'), vocabulary());

/** Cut-outs are what is taught; the same frames with their scenes are to look at. */
function writeExample(into: string, example: Example, shown: { readonly scenes: boolean }): void {
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
    const drawn = drawPlacing(random, article, named(scenes, name));
    const step = (n + random()) / referenceScenes.length;
    const specimen: Specimen = {
      placed: [
        {
          ...drawn.placed,
          mirrored: false,
          // Spread over the turns, so that five frames show the product from five sides.
          yaw: example.yaw[0] + step * (example.yaw[1] - example.yaw[0]),
        },
      ],
      setting: { ...drawn.setting, sunset: false, elevation: between(random, 0.18, 0.36) },
    };
    const number = String(n + 1).padStart(2, '0');
    if (shown.scenes) {
      const scene = render(specimen, size, { raysAcrossEdge: 3 });
      writeFileSync(join(into, `scene-${number}.png`), encodePng(scene.rgb, size, size, 3));
    }
    const cut = render(specimen, size, { raysAcrossEdge: 4, cutOut: true });
    const rgba = new Uint8Array(size * size * 4);
    for (let p = 0; p < size * size; p++) {
      if (cut.mask[p] === 0) continue;
      rgba.set(cut.rgb.subarray(p * 3, p * 3 + 3), p * 4);
      rgba[p * 4 + 3] = cut.mask[p]!;
    }
    writeFileSync(join(into, `cutout-${number}.png`), encodePng(rgba, size, size, 4));
  });
  writeJson(join(into, 'product.json'), {
    name: example.name,
    classWord: example.product,
    description: example.description,
    ...(shown.scenes ? { references: referenceScenes.map((name) => named(scenes, name).phrases[0]) } : {}),
    placements: placementScenes.map((name) => named(scenes, name).phrases[0]),
    unseen: unseenIn(example),
    rendered: {
      product: example.product,
      colour: example.colour,
      second: example.second,
      pattern: example.pattern,
      shape: example.shape,
    },
  });
}

/** Why it is outside of the training set. */
function unseenIn({ name, colour, second, pattern, shape }: Example): readonly string[] {
  const reasons = [
    ...(named(patterns, pattern).worded ? [] : ['pattern without a word']),
    ...(pattern !== 'plain' && isHeldOut(colour, second) ? ['pair of colours'] : []),
    ...(shape.some((parameter) => Math.abs(parameter) > shapeRange) ? ['shape'] : []),
  ];
  if (reasons.length === 0) throw new Error(`examples: the training set holds products like ${name}`);
  return reasons;
}

/** What prompts call things, by the names that labels have. */
function vocabulary() {
  return {
    products: products.map(({ name, words }) => ({ name, word: words[0] })),
    colours: colours.map(({ name }) => ({ name, word: name })),
    patterns: patterns.map(({ name, worded }) => ({ name, ...(worded ? { word: name } : {}) })),
    scenes: scenes.map(({ name, phrases }) => ({ name, phrase: phrases[0] })),
  };
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
