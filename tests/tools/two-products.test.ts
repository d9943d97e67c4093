// Pictures of two products: what their masks, labels and framing promise.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { training } from '../../tools/embedded-model/render/article.ts';
import { bodyOf } from '../../tools/embedded-model/render/body.ts';
import { labelFields, labelOf } from '../../tools/embedded-model/render/labels.ts';
import { between, seededRandom } from '../../tools/embedded-model/render/random.ts';
import { render } from '../../tools/embedded-model/render/render.ts';
import { drawSpecimen, type Specimen } from '../../tools/embedded-model/render/specimen.ts';

const size = 48;
const seeds = Array.from({ length: 40 }, (_, n) => 7000 + n);
const drawTwo = (seed: number) => drawSpecimen(seed, training, 1);

describe('the share of two products', () => {
  it('is that of the seeds', () => {
    const counts = Array.from({ length: 3000 }, (_, seed) => drawSpecimen(seed, training, 0.1).placed.length);
    expect(counts.filter((count) => count === 2).length / 3000).toBeCloseTo(0.1, 1);
  });

  it('leaves pictures of one product as they are', () => {
    const ones = seeds.map((seed) => [seed, drawSpecimen(seed, training, 0.5)] as const);
    const kept = ones.filter(([, { placed }]) => placed.length === 1);
    expect(kept.length).toBeGreaterThan(5);
    for (const [seed, specimen] of kept) expect(specimen).toEqual(drawSpecimen(seed, training));
  });
});

describe.each(seeds)('two products of seed %i', (seed) => {
  const specimen = drawTwo(seed);
  const picture = render(specimen, size);
  const bodies = specimen.placed.map(bodyOf);

  it('come out the same again', () => {
    expect(render(drawTwo(seed), size)).toEqual(picture);
  });

  it('are of two kinds, either large enough to be seen', () => {
    expect(new Set(specimen.placed.map(({ article }) => article.product)).size).toBe(2);
    for (const mask of picture.masks) {
      const share = mask.reduce((sum, value) => sum + value, 0) / (255 * size * size);
      expect(share).toBeGreaterThan(0.02);
    }
  });

  it('have masks that share no pixel but at edges, and together are the mask', () => {
    const [first, second] = picture.masks;
    for (const [pixel, whole] of picture.mask.entries()) {
      // Quarters of a pixel are rounded one by one.
      expect(Math.abs(first![pixel]! + second![pixel]! - whole)).toBeLessThanOrEqual(1);
    }
  });

  it('are whole in the frame', () => {
    for (let k = 0; k < size; k++) {
      for (const pixel of [k, (size - 1) * size + k, k * size, k * size + size - 1]) {
        expect(picture.mask[pixel]).toBe(0);
      }
    }
  });

  it('stand on the ground, a vertical plane apart', () => {
    const [left, right] = bodies.toSorted((a, b) => a.middle.x - b.middle.x);
    const random = seededRandom(seed);
    let leftEdge = -Infinity;
    let rightEdge = Infinity;
    const lowest = [Infinity, Infinity];
    for (let point = 0; point < 30_000; point++) {
      const [y, u, w] = [random() ** 3, between(random, -1, 1), between(random, -1, 1)];
      for (const [n, body] of [left!, right!].entries()) {
        const x = body.middle.x + u * body.radius;
        if (body.distance(x, y, body.middle.z + w * body.radius) > 0) continue;
        lowest[n] = Math.min(lowest[n]!, y);
        if (n === 0) leftEdge = Math.max(leftEdge, x);
        else rightEdge = Math.min(rightEdge, x);
      }
    }
    expect(leftEdge).toBeLessThan(rightEdge);
    for (const height of lowest) expect(height).toBeLessThan(0.05);
  });
});

it('a chair is larger than a mug, and a mug no speck beside it', () => {
  const sizes = Array.from({ length: 400 }, (_, seed) => drawTwo(seed).placed).map((placed) =>
    Object.fromEntries(placed.map(({ article, scale }) => [article.product.name, scale])),
  );
  const pair = sizes.find((names) => 'chair' in names && 'mug' in names)!;
  expect(pair.chair! / pair.mug!).toBeGreaterThan(1.3);
  expect(pair.chair! / pair.mug!).toBeLessThan(2);
});

describe('labels of a set with two products', () => {
  const read = (specimen: Specimen) =>
    Object.fromEntries(labelFields(true).map((field, n) => [field, labelOf(specimen, true)[n]]));

  it('say of both what they are', () => {
    const [first, second] = drawTwo(3).placed;
    const label = read(drawTwo(3));
    expect([label.colour, label['colour beside']]).toEqual([first!.article.colour, second!.article.colour]);
    expect([label.second, label['second beside']]).toEqual([first!.article.second, second!.article.second]);
  });

  it('begin as those of one product, and say that nothing is beside it', () => {
    const one = drawSpecimen(3, training);
    expect([...labelOf(one, true)]).toEqual([...labelOf(one, false), 255, 255, 255, 255]);
  });
});

describe('shards', () => {
  const folder = mkdtempSync(join(tmpdir(), 'two-products-'));
  const generate = fileURLToPath(new URL('../../tools/embedded-model/render/generate.ts', import.meta.url));
  const generated = (set: string, share: string) => {
    const options = `--count 8 --shard 8 --size 16 --processes 1 --two-share ${share}`.split(' ');
    const command = ['--import', 'tsx', generate, join(folder, set), ...options];
    execFileSync(process.execPath, command, { stdio: 'pipe' });
  };
  const file = (name: string) => readFileSync(join(folder, name));

  beforeAll(() => {
    generated('one', '0');
    generated('mixed', '0.5');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('hold the masks of each product of the pictures that show two', () => {
    const labels = file('mixed/00000.labels');
    const twos = Array.from({ length: 8 }, (_, n) => n).filter((n) => labels[n * 10 + 6] !== 255);
    expect(twos.length).toBeGreaterThan(0);
    const expected = twos.flatMap((seed) => render(drawSpecimen(seed, training, 0.5), 16).masks);
    expect(file('mixed/00000.masks')).toEqual(Buffer.concat(expected));
  });

  it('are refused where they would not fit those that a set has', () => {
    expect(() => generated('one', '0.5')).toThrow('has labels of 6 fields, got 10');
    expect(() => generated('other', 'half')).toThrow('two-share is half, expected 0 to 1');
  });

  it('of one product have neither those nor longer labels', () => {
    expect(existsSync(join(folder, 'one/00000.masks'))).toBe(false);
    expect(file('one/00000.labels').length).toBe(8 * 6);
  });
});
