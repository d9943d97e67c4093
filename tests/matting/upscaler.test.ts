import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../companion/graph/graph.ts';
import { conv2d, div, mul, slice, sub, upsampleNearest2x } from '../../companion/graph/ops/index.ts';
import type { Value } from '../../companion/graph/value.ts';
import { type Picture, picture } from '../../companion/images/picture.ts';
import { resizePicture } from '../../companion/images/resize.ts';
import { MattingProcess } from '../../companion/matting/matting-process.ts';
import { Upscaler, upscalerNetwork } from '../../companion/matting/upscaler.ts';
import { encodeModel } from '../../companion/onnx/model.ts';
import { temporaryFolder } from '../cli/binary.ts';

const SIDE = 64;

type Answer = 'twice' | 'blurred' | 'four times' | 'no numbers' | 'one map' | 'the same size';

/** Each channel's mean over 9 x 9 pixels. */
function blur() {
  const data = new Float32Array(3 * 3 * 81).map((_, at) => (Math.floor(at / 81) % 4 === 0 ? 1 / 81 : 0));
  return { dtype: 'float32', shape: [3, 3, 9, 9], data } as const;
}

/** A network of the test's own that takes 64 px and repeats pixels, as a pull lays it down. */
async function networkFolder(answer: Answer, side = SIDE): Promise<string> {
  const graph = new Graph('upscaler');
  const x = graph.input('pixel_values', [1, 3, side, side]);
  const out: Readonly<Record<Answer, () => Value>> = {
    twice: () => upsampleNearest2x(x),
    // A pixel looks at four others to each side, and finds nothing outside of the tile.
    blurred: () => upsampleNearest2x(conv2d(x, graph.constant(blur()), undefined, { padding: 4 })),
    'four times': () => upsampleNearest2x(upsampleNearest2x(x)),
    'no numbers': () => upsampleNearest2x(div(sub(x, x), sub(x, x))),
    'one map': () => slice(x, 1, 0, 1),
    'the same size': () => mul(x, 1),
  };
  graph.output('reconstruction', out[answer]());
  const folder = temporaryFolder();
  await mkdir(join(folder, 'onnx'));
  const bytes = encodeModel(graph, () => {
    throw new Error('it has no weights');
  });
  await writeFile(join(folder, 'onnx/model.onnx'), bytes);
  return folder;
}

/** Smooth, so that tiles that did not agree would show. */
function slope(width: number, height: number): Picture {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, at) => {
    const [pixel, channel] = [Math.floor(at / 3), at % 3];
    return (((pixel % width) + Math.floor(pixel / width)) * (channel + 1)) % 251;
  });
  return picture(width, height, 3, data);
}

describe('a network that enlarges', () => {
  it.each([
    [150, 70],
    [64, 64],
    [10, 200],
  ])('gives a picture of %i x %i twice as large, tile by tile', async (width, height) => {
    let tiles = 0;
    const options = { threads: 1, whenRun: () => tiles++ };
    const upscaler = await Upscaler.open(await networkFolder('twice'), options);
    const source = slope(width, height);
    const large = await upscaler.enlarge(source, 2);
    expect(large).toEqual(await resizePicture(source, 2 * width, 2 * height, 'blocks'));
    expect(tiles).toBe(
      Math.max(1, Math.ceil((width - 32) / 32)) * Math.max(1, Math.ceil((height - 32) / 32)),
    );
  });

  /** By Real-ESRGAN's names and sizes, as torch exports them: `input`, `output`, any height and width. */
  it.each(['compact', 'compact-half'])('of any size, in single or half precision: %s', async (name) => {
    const folder = temporaryFolder();
    await copyFile(
      new URL(`../fixtures/upscalers/${name}.onnx`, import.meta.url),
      join(folder, 'model.onnx'),
    );
    let tiles = 0;
    const upscaler = await Upscaler.open(folder, { threads: 1, whenRun: () => tiles++ });
    const source = slope(150, 70);
    // Its last layer is zero: what is left is its input, four times as large.
    expect(await upscaler.enlarge(source, 4)).toEqual(await resizePicture(source, 600, 280, 'blocks'));
    expect(tiles).toBe(2);
  });

  it('sees beside what is kept of a tile: the picture is that of one pass', async () => {
    const [tiled, whole] = [await networkFolder('blurred'), await networkFolder('blurred', 160)];
    const source = slope(150, 70);
    const made = async (folder: string) => (await Upscaler.open(folder, { threads: 1 })).enlarge(source, 2);
    const [inTiles, atOnce] = [await made(tiled), await made(whole)];
    // At the right and lower edge tiles see more or less of the mirrored picture.
    const isInside = (at: number) => Math.floor(at / 3) % 300 < 280 && at < 3 * 300 * 120;
    const off = inTiles.data.map((value, at) => (isInside(at) ? Math.abs(value - atOnce.data[at]!) : 0));
    expect(off.sort().at(-1)).toBeLessThanOrEqual(1);
  });

  it('of another factor than is wanted is resampled to it', async () => {
    const upscaler = await Upscaler.open(await networkFolder('four times'), { threads: 1 });
    const flat = picture(100, 40, 3, new Uint8Array(3 * 100 * 40).fill(77));
    const large = await upscaler.enlarge(flat, 2);
    expect([large.width, large.height]).toEqual([200, 80]);
    expect(new Set(large.data)).toEqual(new Set([77]));
  });

  it.each([
    ['no numbers', 'checkpoint-format'],
    ['one map', 'checkpoint-unsupported'],
    ['the same size', 'checkpoint-unsupported'],
  ] as const)('that gives %s is refused', async (answer, code) => {
    const upscaler = await Upscaler.open(await networkFolder(answer), { threads: 1 });
    await expect(upscaler.enlarge(slope(64, 64), 2)).rejects.toMatchObject({ code });
  });

  it('that is not there, is no network or takes no tile is refused', async () => {
    await expect(Upscaler.open(temporaryFolder())).rejects.toMatchObject({ code: 'checkpoint-missing' });
    // The second would have pixels made for it, gigabytes of them.
    for (const side of [30, 65_536]) {
      const folder = await networkFolder('twice', side);
      await expect(Upscaler.open(folder)).rejects.toMatchObject({ code: 'checkpoint-unsupported' });
    }
    const folder = await networkFolder('twice');
    await writeFile(join(folder, 'onnx/model.onnx'), 'junk');
    await expect(Upscaler.open(folder)).rejects.toMatchObject({ code: 'checkpoint-format' });
  });

  it('works in a process of its own, which a caller may end', async () => {
    const process = new MattingProcess({ folder: await networkFolder('twice'), threads: 1 });
    const source = slope(150, 70);
    const large = await process.enlarge(source, 'the picture', 2);
    const expected = await resizePicture(source, 300, 140, 'blocks');
    expect(Buffer.compare(large.data, expected.data)).toBe(0);
    const under = process.enlarge(slope(1000, 1000), 'the picture', 4).catch((error: unknown) => error);
    // Once it has begun.
    await setTimeout(50);
    process.close();
    expect((await under) as object).toHaveProperty('code', 'cancelled');
  });

  it('is found where a pull puts it', async () => {
    const models = temporaryFolder();
    expect(await upscalerNetwork({ models })).toBeUndefined();
    await mkdir(join(models, 'upscaler', 'onnx'), { recursive: true });
    await writeFile(join(models, 'upscaler', 'onnx', 'model.onnx'), 'junk');
    expect(await upscalerNetwork({ models })).toBe(join(models, 'upscaler'));
  });
});
