import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { Random } from '../../companion/diffusion/random.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import { Graph } from '../../companion/graph/graph.ts';
import { fromModelRange } from '../../companion/images/encode.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { parseTinyVaeConfig } from '../../companion/models/layers/autoencoder-config.ts';
import { decodeLatentsTiny } from '../../companion/models/layers/autoencoder-tiny.ts';
import { Scope, splitParameterName } from '../../companion/models/layers/scope.ts';
import { type LoadedModel, loadModel } from '../../companion/pipeline/loaded-model.ts';
import type { SamplingSettings } from '../../companion/pipeline/settings.ts';
import type { WritableTensor } from '../../companion/tensor/safetensors-writer.ts';
import { elementCount } from '../../companion/tensor/tensor.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';

/** For the embedded model: 16 channels, eight pixels a cell. */
const CONFIG = {
  _class_name: 'AutoencoderTiny',
  in_channels: 3,
  out_channels: 3,
  latent_channels: 16,
  encoder_block_out_channels: [8, 8, 8, 8],
  decoder_block_out_channels: [8, 8, 8, 8],
  num_encoder_blocks: [1, 1, 1, 1],
  num_decoder_blocks: [1, 1, 1, 1],
};

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'likeness-fast-decoder-'));
});
afterAll(() => rm(scratch, { recursive: true }));

/** The embedded model, with a fast decoder of random weights in `folder`, if any. */
async function modelWith(folder: string | undefined, config: object = CONFIG): Promise<string> {
  const root = join(await mkdtemp(join(scratch, 'with-')), 'model');
  await mkdir(root);
  const source = join(EMBEDDED_MODELS, DEFAULT_MODEL);
  for (const part of ['unet', 'vae', 'text_encoder', 'tokenizer', 'scheduler']) {
    await symlink(join(source, part), join(root, part), 'junction');
  }
  for (const file of ['model_index.json', 'likeness.json']) await cp(join(source, file), join(root, file));
  if (folder === undefined) return root;
  await mkdir(join(root, folder));
  await writeFile(join(root, folder, 'config.json'), JSON.stringify(config));
  const graph = new Graph('fast decoder');
  const tiny = parseTinyVaeConfig(CONFIG);
  decodeLatentsTiny(new Scope(graph, 'tiny'), tiny, graph.input('latents', [1, 16, 4, 4]));
  const random = new Random(5);
  const tensors = new Map<string, WritableTensor>();
  for (const [parameter, { shape }] of graph.parameters) {
    const data = random.gaussians(elementCount(shape)).map((value) => 0.2 * value);
    tensors.set(splitParameterName(parameter).name, { dtype: 'F32', shape, data });
  }
  await writeSafetensors(join(root, folder, 'diffusion_pytorch_model.safetensors'), tensors);
  return root;
}

const engine = (model: string) =>
  ({ model, device: 'cpu', threads: 1, cacheFolder: join(scratch, 'cache') }) as const;

async function generated(model: LoadedModel, folder: string, settings: Partial<SamplingSettings>) {
  const previews = [];
  const making = generateOn(model, {
    ...engine(folder),
    prompt: resolvePrompt('a mug on a beach', []),
    negativePrompt: undefined,
    count: 1,
    seed: 3,
    strength: 1,
    settings: { steps: 2, sampler: 'ddim', guidanceScale: 1, ...settings },
  });
  for await (const event of making) {
    if (event.type === 'step') previews.push(event.preview);
    if (event.type === 'picture') return { previews, image: event.image };
  }
  throw new Error('no picture was made');
}

describe.each(['vae_tiny', 'taesd'])('a fast decoder in %s', (folder) => {
  let root: string;
  let model: LoadedModel;
  beforeAll(async () => {
    root = await modelWith(folder);
    model = await loadModel(engine(root));
    return () => model.pipeline.close();
  });

  it('shows the real picture at every step, and ends with it where it is asked for', async () => {
    const fast = await generated(model, root, { decoder: 'fast' });
    expect(fast.previews).toHaveLength(2);
    const [width, height] = [fast.image.width, fast.image.height];
    expect(fast.previews[0]).toMatchObject({ width, height });
    // DDIM's last step ends on its own estimate of the picture, but for the noise that the schedule leaves.
    const off = fast.image.data.reduce((sum, v, i) => sum + Math.abs(v - fast.previews[1]!.data[i]!), 0);
    expect(off / fast.image.data.length).toBeLessThan(3);
    const full = await generated(model, root, {});
    expect(full.previews).toEqual(fast.previews);
    expect(full.image.data).not.toEqual(fast.image.data);
  });

  it('decodes as its layers do', async () => {
    const latents = new Random(9).gaussians(16 * 16 * 16);
    const pixels = await model.pipeline.decodeLatents(latents, 16, 16, { decoder: 'fast' });
    expect(pixels).toHaveLength(3 * 128 * 128);
    expect(fromModelRange(pixels, 128, 128).data).toHaveLength(3 * 128 * 128);
    expect(pixels.every(Number.isFinite)).toBe(true);
  });

  it('reads latents by its own scaling_factor', async () => {
    const root = await modelWith('taesd', { ...CONFIG, scaling_factor: 0.5 });
    const { pipeline } = await loadModel(engine(root));
    const latents = new Random(9).gaussians(16 * 4 * 4);
    const fast = { decoder: 'fast' } as const;
    const expected = await model.pipeline.decodeLatents(
      latents.map((value) => 2 * value),
      4,
      4,
      fast,
    );
    expect(await pipeline.decodeLatents(latents, 4, 4, fast)).toEqual(expected);
    await pipeline.close();
  });

  it('is no part of the identity that concepts belong to', async () => {
    const plain = await loadModel(engine(await modelWith(undefined)));
    expect(plain.identity.hash).toBe(model.identity.hash);
    await expect(generated(plain, root, { decoder: 'fast' })).rejects.toMatchObject({
      code: 'input',
      message: 'model has no fast decoder',
    });
    await plain.pipeline.close();
  });
});

it('refuses a fast decoder of other latents', async () => {
  const root = await modelWith('taesd', { ...CONFIG, latent_channels: 4 });
  await expect(loadModel(engine(root))).rejects.toMatchObject({
    code: 'checkpoint-unsupported',
    message: expect.stringMatching(/vae_tiny decodes 4 channels by 8, the model has 16 by 8/),
  });
});
