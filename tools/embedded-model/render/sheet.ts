// A contact sheet of renders, to look at: node --import tsx sheet.ts OUT.png [--size 64] [--seed 1] [--columns 12] [--rows 8]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drawArticle, everything } from './article.ts';
import { products } from './catalogue.ts';
import { patterns } from './pattern.ts';
import { drawPlacing } from './placing.ts';
import { encodePng } from './png.ts';
import { seededRandom } from './random.ts';
import { render } from './render.ts';
import { scenes } from './scene.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '64' },
    seed: { type: 'string', default: '1' },
    columns: { type: 'string', default: '12' },
    rows: { type: 'string', default: '8' },
    mask: { type: 'boolean', default: false },
  },
});
const out = positionals[0];
if (out === undefined) throw new Error('sheet: name the PNG file to write');
const size = Number(values.size);
const columns = Number(values.columns);
const rows = Number(values.rows);
const sheet = new Uint8Array(columns * rows * size * size * 3);
const started = performance.now();
for (let n = 0; n < columns * rows; n++) {
  const drawn = drawArticle(seededRandom(Number(values.seed) * 100_003 + n), everything);
  // Walk through the catalogue so that every product, scene and pattern shows up.
  const product = products[n % products.length]!;
  const article = {
    ...drawn,
    product,
    pattern: patterns[Math.floor(n / products.length) % patterns.length]!,
    shape: Array.from({ length: product.parameters }, (_, k) => drawn.shape[k] ?? 0),
  };
  const scene = scenes[(n * 3 + Math.floor(n / 8)) % scenes.length]!;
  const { placed, setting } = drawPlacing(seededRandom(n + 17), article, scene);
  const picture = render({ placed: [placed], setting }, size);
  const x = (n % columns) * size;
  const y = Math.floor(n / columns) * size;
  for (let p = 0; p < size * size; p++) {
    const to = ((y + Math.floor(p / size)) * columns * size + x + (p % size)) * 3;
    for (let k = 0; k < 3; k++) sheet[to + k] = values.mask ? picture.mask[p]! : picture.rgb[p * 3 + k]!;
  }
}
const took = (performance.now() - started) / (columns * rows);
writeFileSync(out, encodePng(sheet, columns * size, rows * size, 3));
console.error(`${out}: ${took.toFixed(1)} ms a picture`);
