/** A model that is told the guidance, as whole models of latent consistency are: pictures, and a product taught on it. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { summariseConcept, writeConcept } from '../../companion/concepts/concept-file.ts';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import type { LocalGenerateEvent } from '../../companion/engine/events.ts';
import { generate } from '../../companion/engine/generation/generate.ts';
import { teach } from '../../companion/engine/teaching/teach.ts';
import { validationSampling } from '../../companion/engine/teaching/validation-image.ts';
import { picture } from '../../companion/images/picture.ts';
import { readPngText } from '../../companion/images/records/png-text-reader.ts';
import { modelSeconds, pictureWork } from '../../companion/model-store/cards/picture-cost.ts';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import { modelConfigOf } from '../../companion/models/families/registry.ts';
import { readBaseModel } from '../../companion/pipeline/loaded-model.ts';
import { readRecommendedSettings } from '../../companion/pipeline/settings.ts';
import { NARROW_NETWORKS, writeBothLayouts } from '../checkpoint/single-file-checkpoint.ts';

let root: string;
let folder: string;
let file: string;

const engine = (model: string) =>
  ({ model, device: 'cpu', threads: 1, cacheFolder: join(root, 'cache') }) as const;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'likeness-guidance-'));
  // Norms of one channel a group would take away what the guidance adds to each channel.
  const unet = { ...NARROW_NETWORKS.unet, block_out_channels: [64, 32, 32, 32], time_cond_proj_dim: 32 };
  ({ folder, file } = await writeBothLayouts(root, {}, { ...NARROW_NETWORKS, unet }));
  await enlarge(join(folder, 'unet/diffusion_pytorch_model.safetensors'), 'time_embedding.cond_proj.weight');
  await enlarge(file, 'model.diffusion_model.time_embed.cond_proj.weight');
  const index = join(folder, 'model_index.json');
  await writeFile(index, JSON.stringify({ _class_name: 'LatentConsistencyModelPipeline' }));
  const scheduler = join(folder, 'scheduler/scheduler_config.json');
  const config = JSON.parse(await readFile(scheduler, 'utf8')) as object;
  await writeFile(scheduler, JSON.stringify({ ...config, _class_name: 'LCMScheduler' }));
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** 12 and -12 in halves. */
const LARGE = [0x4a00, 0xca00] as const;

/** Weights so large that what they multiply shows in a picture of random networks. */
async function enlarge(path: string, name: string): Promise<void> {
  const bytes = await readFile(path);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, { data_offsets: number[] }>;
  const [from, to] = header[name]!.data_offsets as [number, number];
  for (let at = from; at < to; at += 2) bytes.writeUInt16LE(LARGE[(at * 7) % 3 === 0 ? 0 : 1], start + at);
  await writeFile(path, bytes);
}

interface Asked {
  readonly model?: string;
  readonly guidanceScale?: number;
  readonly negativePrompt?: string;
  readonly prompt?: string;
  readonly concept?: string;
}

async function made({
  model = folder,
  guidanceScale,
  negativePrompt = '',
  prompt = 'a mug',
  concept,
}: Asked) {
  const concepts = concept === undefined ? [] : [await summariseConcept(concept)];
  const events: LocalGenerateEvent[] = [];
  for await (const event of generate({
    ...engine(model),
    prompt: resolvePrompt(prompt, concepts),
    negativePrompt,
    count: 1,
    seed: 4,
    size: { width: 32, height: 32 },
    strength: 1,
    settings: { steps: 2, mask: 'median', ...(guidanceScale !== undefined && { guidanceScale }) },
  })) {
    events.push(event);
  }
  const [shown] = events.flatMap((event) => (event.type === 'picture' ? event : []));
  const [asked] = events.flatMap((event) => (event.type === 'prompt' ? event : []));
  const texts = readPngText(shown!.png).map(({ text }) => text);
  return { pixels: shown!.image.data, hint: asked!.negativePromptHint, record: texts.join('\n') };
}

describe('a model that is told the guidance', () => {
  it('says so, with the settings of diffusers, and counts one run a step', async () => {
    const { summary } = await readBaseModel(folder, join(root, 'cache'));
    expect(summary.defaults.generate).toMatchObject({ steps: 4, guidanceScale: 8.5, embedsGuidance: true });
    expect(summary.defaults.generate).not.toHaveProperty('guidanceMax');
    const { sampling } = await readRecommendedSettings(root, {
      sampler: 'lcm',
      steps: 4,
      guidanceScale: 8.5,
    });
    expect(validationSampling(sampling)).toMatchObject({ sampler: 'lcm', steps: 4, mask: 'full' });
    expect(validationSampling({ ...sampling, steps: 30 })).toMatchObject({ sampler: 'dpmpp2m', steps: 10 });
    const model = modelConfigOf(await openCheckpoint(folder));
    const work = (guidanceScale: number) => pictureWork(model, { side: 32, steps: 4, guidanceScale });
    expect(work(8.5)).toEqual(work(1));
    const speed = { productsPerSecond: 1e9, secondsPerNode: 1e-6 };
    expect(await modelSeconds({ name: 'told', folder }, speed)).toBeGreaterThan(0);
  });

  it('makes other pictures by it, in one file too, and none by a negative prompt, which is said', async () => {
    const usual = await made({});
    expect(usual.hint).toBeUndefined();
    expect(usual.record).toContain('CFG scale: 8.5');
    expect(usual.record).toContain('lcm');
    expect((await made({ guidanceScale: 2 })).pixels).not.toEqual(usual.pixels);
    const negative = await made({ negativePrompt: 'blurry' });
    expect(negative.pixels).toEqual(usual.pixels);
    expect(negative.hint).toContain('told the guidance');
    expect((await made({ model: file, guidanceScale: 8.5 })).pixels).not.toEqual(
      (await made({ model: file, guidanceScale: 2 })).pixels,
    );
  });

  it('is taught a product, which acts in its pictures', async () => {
    const data = Uint8Array.from({ length: 48 * 48 * 3 }, (_, index) => (index * 37) % 251);
    const concept = join(root, 'aurora.safetensors');
    const teaching = teach({
      ...engine(folder),
      references: [{ name: 'frame', pixels: picture(48, 48, 3, data), findings: [] }],
      name: 'aurora',
      classWord: 'toy',
      stateFile: join(root, 'state'),
      settings: { steps: 2, learningRate: 5e-2, side: 32, batchSize: 1, trainTokenEmbedding: true },
      seed: 1,
      mirror: false,
    });
    for await (const event of teaching) {
      if (event.type === 'taught') await writeConcept(concept, event.concept);
    }
    const plain = await made({ prompt: 'a toy' });
    expect((await made({ prompt: '@aurora', concept })).pixels).not.toEqual(plain.pixels);
  });
});
