import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configsOf, readFolderConfigs } from '../../../companion/checkpoint/diffusers-folder.ts';
import { Graph } from '../../../companion/graph/graph.ts';
import { attention, conv2d, linear } from '../../../companion/graph/ops/index.ts';
import { workOf } from '../../../companion/graph/work.ts';
import { MeasuredSpeed } from '../../../companion/model-store/cards/measured-speed.ts';
import {
  catalogueWork,
  modelSeconds,
  pictureWork,
} from '../../../companion/model-store/cards/picture-cost.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../../companion/model-store/catalogue.ts';
import { CATALOGUE } from '../../../companion/model-store/catalogue-entries.ts';
import { FORMATS } from '../../../companion/models/families/formats.ts';
import { familyOf } from '../../../companion/models/families/registry.ts';
import { secondsOf, speedHere } from '../../../companion/runtime/device-speed.ts';

const PUBLISHED = resolve(import.meta.dirname, '../../../../shared/published-configs');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-cost-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('work of a graph', () => {
  it('is what its convolutions, products and attention multiply', () => {
    const graph = new Graph('work');
    const image = graph.input('image', [2, 8, 6, 6]);
    graph.output('conv', conv2d(image, graph.parameter('kernel', [16, 8, 3, 3]), undefined, { padding: 1 }));
    const tokens = graph.input('tokens', [2, 5, 8]);
    graph.output('linear', linear(tokens, graph.parameter('matrix', [24, 8])));
    const [q, k, v] = ['q', 'k', 'v'].map((name) => graph.input(name, [1, 2, name === 'q' ? 7 : 5, 4]));
    graph.output('attention', attention(q!, k!, v!, 1).output);
    const [conv, product, attended] = [2 * 16 * 36 * 8 * 9, 2 * 5 * 24 * 8, 2 * 2 * 7 * 5 * 4];
    expect(workOf(graph).products).toBe(conv + product + attended);
  });

  const absent = !existsSync(PUBLISHED);
  it.skipIf(absent).each([
    ['stable-diffusion-v1-5', 'stable-diffusion-v1-5'],
    ['sd-turbo', 'stable-diffusion-2-1'],
    ['stable-diffusion-xl-base-1.0', 'stable-diffusion-xl-base-1.0'],
    ['sdxl-turbo', 'stable-diffusion-xl-base-1.0'],
  ])(
    `of %s is known before it is fetched${absent ? ` (no configs at ${PUBLISHED})` : ''}`,
    async (name, configs) => {
      const entry = CATALOGUE.find((one) => one.name === name)!;
      if (!('usual' in entry)) throw new Error(`${name} makes no pictures`);
      const read = await readFolderConfigs(join(PUBLISHED, configs), FORMATS);
      const family = { family: read.format.id };
      const config = familyOf(family).parse(configsOf(read), name);
      const work = pictureWork({ ...family, config, precision: 'float32' }, entry.usual);
      const told = catalogueWork(entry)!;
      expect(told.products / work.products).toBeCloseTo(1, 2);
      expect(told.nodes / work.nodes).toBeCloseTo(1, 1);
    },
  );
});

describe('speed of this computer', () => {
  it('is measured once, kept, and tells what a picture costs', async () => {
    let measured = 0;
    const options = { device: 'cpu', cacheFolder: folder, whenMeasuring: () => void measured++ } as const;
    const speed = (await speedHere(options))!;
    expect(await speedHere(options)).toEqual(speed);
    expect(measured).toBe(1);
    expect(speed.productsPerSecond).toBeGreaterThan(1e8);
    const model = { name: DEFAULT_MODEL, folder: join(EMBEDDED_MODELS, DEFAULT_MODEL) };
    const seconds = await modelSeconds(model, speed);
    expect(seconds).toBeGreaterThan(secondsOf({ products: 1e9, nodes: 1000 }, speed));
    expect(seconds).toBeLessThan(secondsOf({ products: 1e12, nodes: 1e6 }, speed));
  });

  it('is not measured beside a job, and a measurement that is ended leaves nothing', async () => {
    const cacheFolder = mkdtempSync(join(folder, 'ended-'));
    let isIdle = false;
    const speed = new MeasuredSpeed({
      cacheFolder,
      device: () => 'cpu',
      isIdle: () => isIdle,
      whenKnown: () => expect.unreachable(),
    });
    expect(speed.value).toBeUndefined();
    await speed.close();
    isIdle = true;
    const other = new MeasuredSpeed({
      cacheFolder,
      device: () => 'cpu',
      isIdle: () => isIdle,
      whenKnown: () => expect.unreachable(),
    });
    expect(other.value).toBeUndefined();
    await other.close();
    expect(readdirSync(cacheFolder)).toEqual([]);
  });
});
