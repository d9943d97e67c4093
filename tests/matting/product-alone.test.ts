import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { summariseConcept } from '../../companion/concepts/concept-file.ts';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { generate } from '../../companion/engine/generation/generate.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import { guidedFilter } from '../../companion/images/guided-filter.ts';
import { alphaOf, type Picture, picture } from '../../companion/images/picture.ts';
import { readPngText } from '../../companion/images/records/png-text-reader.ts';
import { productAlone } from '../../companion/matting/product-alone.ts';
import type { CellMask } from '../../shared/mask.ts';
import { temporaryFolder } from '../cli/binary.ts';
import { EMBEDDED } from '../engine/embedded-model.ts';
import { discOnGreen, writeNetwork } from './small-network.ts';

/** A red disc of radius 48 in 160 x 160, and its mask to cells of 10 px that is off by most of a cell. */
function roughly(): { readonly source: Picture; readonly mask: CellMask; readonly inside: Uint8Array } {
  const source = discOnGreen(160, 160);
  const inside = Uint8Array.from({ length: 160 * 160 }, (_, at) => (source.data[3 * at]! > 127 ? 1 : 0));
  const values = Float32Array.from({ length: 256 }, (_, cell) => {
    const [x, y] = [10 * (cell % 16) + 5 - 6, 10 * Math.floor(cell / 16) + 5 - 6];
    return Math.hypot(x - 80, y - 80) < 48 ? 1 : 0;
  });
  return { source, mask: { rows: 16, columns: 16, values }, inside };
}

describe('productAlone', () => {
  it('follows the edge of the product, which the mask misses by most of a cell', async () => {
    const { source, mask, inside } = roughly();
    const { channels, data } = (await productAlone(source, [mask]))!;
    expect(channels).toBe(4);
    const off = inside.reduce(
      (count, own, at) => count + (own === (data[4 * at + 3]! > 127 ? 1 : 0) ? 0 : 1),
      0,
    );
    // The mask as it is misses 12 % of the disc.
    expect(off / inside.reduce((sum, own) => sum + own, 0)).toBeLessThan(0.03);
    expect([...data.subarray(4 * (80 * 160 + 80), 4 * (80 * 160 + 80) + 4)]).toEqual([255, 0, 0, 255]);
  });

  it('is nothing where the masks show nothing, and one for several masks', async () => {
    const { source, mask } = roughly();
    const empty = { ...mask, values: new Float32Array(256) };
    expect(await productAlone(source, [])).toBeUndefined();
    expect(await productAlone(source, [empty])).toBeUndefined();
    expect(await productAlone(source, [empty, mask])).toEqual(await productAlone(source, [mask]));
  });

  it('of a large picture is made at a size that memory bears', async () => {
    const values = [0, 1, 1, 0];
    const wide = picture(4096, 16, 3, new Uint8Array(3 * 4096 * 16).fill(90));
    expect(await productAlone(wide, [{ rows: 1, columns: 4, values }])).toMatchObject({
      width: 2048,
      height: 8,
    });
  });
});

describe('guidedFilter', () => {
  it('leaves a map as it is where the picture is the map', () => {
    const map = Float32Array.from({ length: 400 }, (_, at) => (at % 20 < 10 ? 0 : 1));
    const data = Uint8Array.from({ length: 1200 }, (_, at) => 255 * map[Math.floor(at / 3)]!);
    const out = guidedFilter(map, picture(20, 20, 3, data), { radius: 3, epsilon: 1e-6 });
    expect(Math.max(...out.map((value, at) => Math.abs(value - map[at]!)))).toBeLessThan(1e-3);
  });

  it('is the mean of a map where the picture is of one colour', () => {
    const map = Float32Array.from({ length: 400 }, (_, at) => (at % 20 < 10 ? 0 : 1));
    const flat = picture(20, 20, 3, new Uint8Array(1200).fill(80));
    const out = guidedFilter(map, flat, { radius: 2, epsilon: 1e-3 });
    // Twice the mean over five columns: of the tenth 2 of 5 are 1, and of its neighbours 0 to 4.
    expect(out[10 * 20 + 9]).toBeCloseTo((0 + 1 + 2 + 3 + 4) / 25, 4);
  });
});

describe('a picture of the product alone', () => {
  async function make(changes: Partial<GenerateRequest>) {
    const folder = await mkdtemp(join(tmpdir(), 'likeness-alone-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const aurora = await summariseConcept(join(EMBEDDED, 'concepts', 'aurora.safetensors'));
    const events = generate({
      ...{ model: EMBEDDED, device: 'cpu', threads: 1, cacheFolder: folder },
      prompt: resolvePrompt('@aurora on a beach', [aurora]),
      ...{ negativePrompt: '', count: 1, seed: 3, strength: 1, settings: { steps: 8 }, productOnly: {} },
      ...changes,
    });
    for await (const event of events) if (event.type === 'picture') return event;
    throw new Error('no picture came out');
  }

  it('is where its mask says, is found again in a finished picture, and says how it was cut out', async () => {
    const { image, png, masks } = await make({});
    expect(image.channels).toBe(4);
    const share = alphaOf(image).reduce((sum, alpha) => sum + alpha / 255, 0) / (128 * 128);
    const cells = masks[0]!.values.reduce((sum, value) => sum + value, 0) / masks[0]!.values.length;
    expect(share).toBeGreaterThan(0.7 * cells);
    expect(share).toBeLessThan(1.3 * cells);
    const texts = new Map(readPngText(png).map(({ keyword, text }) => [keyword, text]));
    expect(JSON.parse(texts.get('likeness')!)).toMatchObject({ settings: { productOnly: 'mask' } });

    const whole = await make({ productOnly: undefined });
    const found = await make({ upscale: { picture: whole.image, name: 'mug', factor: 1, strength: 0 } });
    const [own, again] = [alphaOf(image), alphaOf(found.image)];
    const both = own.filter((alpha, at) => alpha > 127 && again[at]! > 127).length;
    const either = own.filter((alpha, at) => alpha > 127 || again[at]! > 127).length;
    expect(both / either).toBeGreaterThan(0.8);
  });

  it('is cut out by the network that removes backgrounds, where there is one', async () => {
    const network = temporaryFolder();
    await writeNetwork(network);
    // The network takes red for product: the mug of the picture is purple and yellow.
    const { image, png } = await make({ productOnly: { network } });
    expect(image.channels).toBe(4);
    expect(Buffer.from(png).includes('"productOnly":"matting"')).toBe(true);
  });

  it('is refused where no concept says where it is', async () => {
    const plain = { prompt: resolvePrompt('a red mug', []) };
    await expect(make(plain)).rejects.toMatchObject({ code: 'input' });
    await expect(make({ settings: { steps: 8, mask: 'off' } })).rejects.toMatchObject({ code: 'input' });
  });
});
