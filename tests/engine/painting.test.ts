/** Image to image and inpainting on the embedded model, and on one of it that looks at the kept part. */

import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import { openPainting, planPainting } from '../../companion/engine/generation/painting.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import { teachOn } from '../../companion/engine/teaching/teach.ts';
import { cropPicture, type Picture, picture } from '../../companion/images/picture.ts';
import { readPngText } from '../../companion/images/records/png-text-reader.ts';
import { encodeReference } from '../../companion/images/references/reference-image.ts';
import { resizePicture } from '../../companion/images/resize.ts';
import { type LoadedModel, loadModel } from '../../companion/pipeline/loaded-model.ts';
import { writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import { openSafetensors, readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import { writeJson } from '../checkpoint/checkpoint-files.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';
import { EMBEDDED, firstPicture, type Made, useEmbeddedModel } from './embedded-model.ts';

const engine = useEmbeddedModel();
let inpainting: LoadedModel;

beforeAll(async () => {
  inpainting = await loadModel(engine.options(await inpaintingModel(join(engine.folder, 'nine'), 0)));
});
afterAll(() => inpainting.pipeline.close());

/** The embedded model with the channels of an inpainting model, whose weights are all `weight`. */
async function inpaintingModel(root: string, weight: number): Promise<string> {
  await cp(EMBEDDED, root, { recursive: true });
  const unet = join(root, 'unet');
  const json = JSON.parse(await readFile(join(unet, 'config.json'), 'utf8')) as object;
  const { in_channels: inputs } = json as { in_channels: number };
  const channels = 2 * inputs + 1;
  await writeJson(join(unet, 'config.json'), { ...json, in_channels: channels });
  await writeJson(join(root, 'model_index.json'), {
    ...(JSON.parse(await readFile(join(root, 'model_index.json'), 'utf8')) as object),
    _class_name: 'StableDiffusionInpaintPipeline',
  });
  const weights = new Map<string, { dtype: 'F32'; shape: readonly number[]; data: Float32Array }>();
  for (const shard of (await readdir(unet)).filter((name) => /-of-|index/.test(name))) {
    const path = join(unet, shard);
    if (shard.endsWith('.safetensors')) {
      for (const entry of (await openSafetensors(path)).tensors.values()) {
        const { shape, data } = await readFloat32(entry);
        weights.set(entry.name, { dtype: 'F32', shape, data });
      }
    }
    await rm(path);
  }
  const { shape, data } = weights.get('conv_in.weight')!;
  const [outputs] = shape as [number];
  const wide = new Float32Array(outputs * channels * 9).fill(weight);
  for (let output = 0; output < outputs; output++) {
    wide.set(data.subarray(output * inputs * 9, (output + 1) * inputs * 9), output * channels * 9);
  }
  weights.set('conv_in.weight', { dtype: 'F32', shape: [outputs, channels, 3, 3], data: wide });
  await writeSafetensors(join(unet, 'diffusion_pytorch_model.safetensors'), weights);
  return root;
}

const prompt = resolvePrompt('a photo of a red mug on a wooden table', []);
const make = (changes: Partial<GenerateRequest>, on = engine.model): Promise<Made> =>
  firstPicture(generateOn(on, engine.request({ prompt, ...changes })));

/** Stripes and a ramp, which no model would paint. */
const original = picture(
  200,
  150,
  3,
  Uint8Array.from({ length: 200 * 150 * 3 }, (_, index) => (index * 7 + Math.floor(index / 600) * 13) % 256),
);

function maskOf([x, y, w, h]: readonly [number, number, number, number]): Picture {
  const data = new Uint8Array(original.data.length);
  for (let row = y; row < y + h; row++) data.fill(255, (row * 200 + x) * 3, (row * 200 + x + w) * 3);
  return picture(200, 150, 3, data);
}

const HOLE = [60, 40, 50, 40] as const;
const mask = maskOf(HOLE);

/** Bytes that differ at most `reach` pixels from the hole, and farther away. */
function differences(made: Picture, reach: number): { near: number; far: number } {
  const [x, y, w, h] = HOLE;
  const counts = { near: 0, far: 0 };
  for (let index = 0; index < made.data.length; index++) {
    if (made.data[index] === original.data[index]) continue;
    const pixel = Math.floor(index / 3);
    const [column, row] = [pixel % 200, Math.floor(pixel / 200)];
    const away = Math.hypot(
      Math.max(x - column, column - (x + w - 1), 0),
      Math.max(y - row, row - (y + h - 1), 0),
    );
    counts[away <= reach ? 'near' : 'far']++;
  }
  return counts;
}

describe('inpainting', () => {
  it.each([
    ['a text-to-image model', () => engine.model],
    ['a model that looks at the kept part', () => inpainting],
  ])('changes no byte outside of mask and feather, by %s', async (_, on) => {
    const { image, width, height } = await make(
      { init: { picture: original }, mask: { picture: mask, featherPx: 6 } },
      on(),
    );
    expect({ width, height }).toEqual({ width: 200, height: 150 });
    const { near, far } = differences(image, 6);
    expect(far).toBe(0);
    expect(near).toBeGreaterThan(50 * 40 * 2);
  });

  it('leaves something of the hole where its strength is low, by any sampler', async () => {
    const error = async (strength: number, sampler: 'ddim' | 'dpmpp2m') => {
      const made = await make({
        init: { picture: smooth, strength },
        mask: { picture: mask },
        settings: { steps: 10, sampler },
      });
      return made.image.data.reduce((sum, value, index) => sum + Math.abs(value - smooth.data[index]!), 0);
    };
    for (const sampler of ['ddim', 'dpmpp2m'] as const) {
      expect(await error(0.2, sampler)).toBeLessThan(0.7 * (await error(1, sampler)));
    }
  });

  it('comes from what a client sent as well, and says so in the picture', async () => {
    const paths = { init: join(engine.folder, 'init'), mask: join(engine.folder, 'mask') };
    await writeFileAtomically(paths.init, encodeReference({ name: 'init', pixels: original, findings: [] }));
    await writeFileAtomically(paths.mask, encodeReference({ name: 'mask', pixels: mask, findings: [] }));
    const sent = await make({ init: { picture: paths.init }, mask: { picture: paths.mask } });
    const own = await make({ init: { picture: original }, mask: { picture: mask } });
    expect(sent.image).toEqual(own.image);
    const record = JSON.parse(readPngText(sent.png).find(({ keyword }) => keyword === 'likeness')!.text) as {
      settings: object;
    };
    expect(record.settings).toMatchObject({
      init: { width: 200, height: 150, strength: 1, painted: 'mask' },
    });
    await expect(make({ init: { picture: join(engine.folder, 'none') } })).rejects.toMatchObject({
      code: 'image-unknown',
    });
    await expect(make({ mask: { picture: mask } })).rejects.toMatchObject({ code: 'input' });
  });
});

const smooth = picture(
  200,
  150,
  3,
  Uint8Array.from({ length: 200 * 150 * 3 }, (_, index) => 90 + Math.floor((((index / 3) % 200) * 80) / 200)),
);

describe('image to image', () => {
  it('stays the nearer to its picture the lower the strength is, at a size of the model', async () => {
    const distance = async (strength: number) => {
      const { image } = await make({ init: { picture: smooth, strength }, settings: { steps: 10 } });
      expect([image.width % 8, image.height % 8]).toEqual([0, 0]);
      expect(image.width / image.height).toBeCloseTo(200 / 150, 0);
      let sum = 0;
      for (let row = 0; row < image.height; row++) {
        for (let column = 0; column < image.width; column++) {
          const expected = 90 + (column / image.width) * 80;
          sum += Math.abs(image.data[(row * image.width + column) * 3]! - expected);
        }
      }
      return sum / (image.width * image.height);
    };
    const [low, high] = [await distance(0.1), await distance(1)];
    expect(low).toBeLessThan(0.6 * high);
    expect(low).toBeLessThan(20);
  });
});

describe('a size that the model does not make', () => {
  it('is what the picture has: made at the nearest, scaled to cover it and cut at its middle', async () => {
    const format = { width: 135, height: 77 };
    const { image, masks, png } = await make({ size: format });
    const own = (await make({ size: { width: 160, height: 96 } })).image;
    const scaled = await resizePicture(own, 135, 81);
    expect(image).toEqual(cropPicture(scaled, { left: 0, top: 2, ...format }));
    expect(masks).toEqual([]);
    const text = readPngText(png).find(({ keyword }) => keyword === 'likeness')!.text;
    expect(JSON.parse(text)).toMatchObject(format);
    const init = { picture: original, strength: 0.5 };
    expect((await make({ size: format, init })).image).toMatchObject(format);
  });
});

describe('a model that looks at the kept part', () => {
  it('is held to nothing of it, as in diffusers', async () => {
    const opened = async (on: LoadedModel) => {
      const given = { init: { picture: original }, mask: { picture: mask }, size: undefined };
      const planned = (await planPainting(on, given))!;
      const { latentUnit, downscale } = on.pipeline.facts;
      expect(planned.frame.width % (latentUnit * downscale)).toBe(0);
      const cells = { height: planned.frame.height / downscale, width: planned.frame.width / downscale };
      return openPainting(on.pipeline, planned, cells);
    };
    const [own, base] = [await opened(inpainting), await opened(engine.model)];
    expect([own.hold, own.painted]).toEqual([undefined, expect.any(Float32Array)]);
    expect([base.hold, base.painted]).toEqual([expect.any(Function), undefined]);
  });

  it('makes pictures of words as well: all of one is painted', async () => {
    const [own, base] = [await make({}, inpainting), await make({})];
    // Without weights for the new channels it is the model that it was made of.
    const error = own.image.data.reduce(
      (sum, value, index) => sum + Math.abs(value - base.image.data[index]!),
      0,
    );
    expect(error / own.image.data.length).toBeLessThan(0.01);
  });

  it('is taught as the model that it was made of', async () => {
    const losses = async (on: LoadedModel) => {
      const stateFile = join(engine.folder, `${on.identity.hash}.state`);
      const references = [{ name: 'frame.png', pixels: original, findings: [] }];
      const settings = { steps: 2, batchSize: 1 };
      const taught: number[] = [];
      const wish = { ...engine.options(), references, name: 'mug', classWord: 'mug', stateFile, settings };
      for await (const event of teachOn(on, references, { ...wish, seed: 1, mirror: false })) {
        if (event.type === 'step') taught.push(event.loss);
      }
      return taught;
    };
    const [own, base] = [await losses(inpainting), await losses(engine.model)];
    expect(own).toHaveLength(2);
    for (const [step, loss] of own.entries()) expect(loss).toBeCloseTo(base[step]!, 4);
  });

  it('sees mask and kept part', async () => {
    const aware = await loadModel(engine.options(await inpaintingModel(join(engine.folder, 'aware'), 0.02)));
    const request = { init: { picture: original }, mask: { picture: mask } };
    const [sees, blind] = [await make(request, aware), await make(request, inpainting)];
    expect(sees.image.data).not.toEqual(blind.image.data);
    expect(differences(sees.image, 8).far).toBe(0);
    await aware.pipeline.close();
  });
});
