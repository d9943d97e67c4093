// The renderer of the embedded model's training pictures: what its labels, masks and distances promise.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { drawArticle, everything, training } from '../../tools/embedded-model/render/article.ts';
import { products } from '../../tools/embedded-model/render/catalogue.ts';
import { labelFields, labelOf, legend } from '../../tools/embedded-model/render/labels.ts';
import { colours, isHeldOut } from '../../tools/embedded-model/render/palette.ts';
import { patterns } from '../../tools/embedded-model/render/pattern.ts';
import { drawPlacing } from '../../tools/embedded-model/render/placing.ts';
import { between, seededRandom } from '../../tools/embedded-model/render/random.ts';
import { render } from '../../tools/embedded-model/render/render.ts';
import { scenes } from '../../tools/embedded-model/render/scene.ts';
import { drawSpecimen, type Specimen } from '../../tools/embedded-model/render/specimen.ts';

const size = 32;

/** Shapes that examples reach, beyond the training set's 0.8. */
const furthestShape = 1.3;

function specimenOf(product: (typeof products)[number], seed: number): Specimen {
  const random = seededRandom(seed);
  const article = { ...drawArticle(random, training), product };
  const shape = Array.from({ length: product.parameters }, () => between(random, -0.8, 0.8));
  const { placed, setting } = drawPlacing(random, { ...article, shape });
  return { placed: [placed], setting };
}

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the catalogue', () => {
  it('has what the embedded model promises', () => {
    expect(products.length).toBeGreaterThanOrEqual(16);
    expect(colours.length).toBeGreaterThanOrEqual(12);
    expect(patterns.filter((pattern) => pattern.worded).length).toBeGreaterThanOrEqual(6);
    expect(scenes.length).toBeGreaterThanOrEqual(10);
  });

  it('names nothing twice', () => {
    for (const list of [products, colours, patterns, scenes]) {
      expect(new Set(list.map(({ name }) => name)).size).toBe(list.length);
    }
    const phrases = scenes.flatMap((scene) => scene.phrases);
    expect(new Set(phrases).size).toBe(phrases.length);
  });
});

describe('a seed', () => {
  it('always gives the same picture', () => {
    const [first, second] = [
      render(drawSpecimen(5, training), size),
      render(drawSpecimen(5, training), size),
    ];
    expect(sha(second.rgb)).toBe(sha(first.rgb));
    expect(sha(second.mask)).toBe(sha(first.mask));
  });

  it('gives the picture that it always gave', () => {
    // Cards of shipped models name the seeds that they were trained on.
    const all = createHash('sha256');
    for (let seed = 0; seed < 36; seed++) {
      const { rgb, mask } = render(drawSpecimen(seed, training), size);
      all.update(rgb).update(mask);
    }
    expect(all.digest('hex')).toBe('f7840f8c1e3786da4c541884807dbfec319857753a11ad24127d3e530ec38b0a');
  });

  it('gives another picture than its neighbour', () => {
    const pictures = [5, 6, 7].map((seed) => sha(render(drawSpecimen(seed, training), size).rgb));
    expect(new Set(pictures).size).toBe(3);
  });

  it('never draws for training what evaluation holds back', () => {
    for (let seed = 0; seed < 3000; seed++) {
      const { article } = drawSpecimen(seed, training).placed[0]!;
      expect(article.pattern.worded).toBe(true);
      if (article.pattern.name === 'plain') continue;
      expect(isHeldOut(colours[article.colour]!.name, colours[article.second]!.name)).toBe(false);
    }
  });
});

it('labels say what was drawn, in the order of the legend', () => {
  const about = legend(false);
  for (let seed = 0; seed < 50; seed++) {
    const specimen = drawSpecimen(seed, everything);
    const { article } = specimen.placed[0]!;
    const label = labelOf(specimen, false);
    const read = Object.fromEntries(labelFields(false).map((field, i) => [field, label[i]!]));
    expect(about.products[read.product!]!.name).toBe(article.product.name);
    expect(about.patterns[read.pattern!]!.name).toBe(article.pattern.name);
    expect(about.scenes[read.scene!]!.name).toBe(specimen.setting.scene.name);
    expect(about.colours[read.colour!]).toBe(colours[article.colour]!.name);
  }
});

describe.each(products.map((product) => [product.name, product] as const))('%s', (_name, product) => {
  it('covers a fair share of the picture', () => {
    let covered = 0;
    const count = 24;
    for (let seed = 0; seed < count; seed++) {
      const { mask } = render(specimenOf(product, seed), size);
      covered += mask.reduce((sum, value) => sum + value, 0) / (255 * size * size);
    }
    expect(covered / count).toBeGreaterThan(0.13);
    expect(covered / count).toBeLessThan(0.36);
  });

  it('stays within its bounding sphere, on the floor, at any shape', () => {
    const random = seededRandom(91);
    const { y: middle, radius } = product.bound;
    for (let round = 0; round < 4000; round++) {
      const shape = Array.from({ length: product.parameters }, () =>
        between(random, -furthestShape, furthestShape),
      );
      const [x, y, z] = [between(random, -2, 2), between(random, -0.5, 2), between(random, -2, 2)];
      const outside = Math.hypot(x, y - middle, z) > radius || y < -0.03;
      if (outside) expect(product.distance(x, y, z, shape)).toBeGreaterThan(0);
    }
  });

  it('has a distance that a ray may march along without missing the surface', () => {
    // Wherever the product is, a ray that starts outside and takes steps of the distance must not jump into it.
    const random = seededRandom(17);
    const shape = Array.from({ length: product.parameters }, () => between(random, -0.8, 0.8));
    let deepest = 0;
    for (let ray = 0; ray < 600; ray++) {
      const azimuth = between(random, 0, 2 * Math.PI);
      const height = between(random, 0.05, product.bound.y * 2);
      const [sx, sz] = [2 * Math.cos(azimuth), 2 * Math.sin(azimuth)];
      const aim = between(random, -0.5, 0.5);
      const [dx, dz] = [-Math.cos(azimuth + aim), -Math.sin(azimuth + aim)];
      for (let t = 0, k = 0; t < 4 && k < 200; k++) {
        const d = product.distance(sx + dx * t, height, sz + dz * t, shape);
        deepest = Math.min(deepest, d);
        if (d < 0.002) break;
        t += d;
      }
    }
    expect(deepest).toBeGreaterThan(-0.03);
  });
});
