import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyCheckpoint } from '../../companion/checkpoint/checkpoint-hash.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { CONTEXT } from '../../companion/models/family.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { readRecommendedSettings } from '../../companion/pipeline/settings.ts';
import { openSafetensors } from '../../companion/tensor/safetensors-file.ts';
import { float32, type Tensor } from '../../companion/tensor/tensor.ts';
import { readTensor } from '../tensor/tensor-files.ts';

const model = join(EMBEDDED_MODELS, DEFAULT_MODEL);

/** fp16 weights, both sides computed in float32: what is left is the order of additions. */
const TOLERANCE = 1e-4;

let cacheFolder: string;
let pipeline: Pipeline;
const golden = new Map<string, Tensor>();

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'likeness-embedded-'));
  pipeline = await Pipeline.open(model, { cacheFolder, device: 'cpu', threads: 1 });
  const { tensors } = await openSafetensors(join(model, 'golden.safetensors'));
  for (const [name, entry] of tensors) golden.set(name, await readTensor(entry));
});
afterAll(async () => {
  await pipeline.close();
  await rm(cacheFolder, { recursive: true, force: true });
});

function numbers(name: string): Float32Array {
  return golden.get(name)!.data as Float32Array;
}

function ids(): number[] {
  return Array.from(golden.get('input_ids')!.data as BigInt64Array, Number);
}

function largestError(got: Float32Array, name: string): number {
  const expected = numbers(name);
  return got.reduce((error, value, index) => Math.max(error, Math.abs(value - expected[index]!)), 0);
}

describe('the embedded model gives in this engine what it gave in PyTorch', () => {
  it('tokens', async () => {
    const { metadata } = await openSafetensors(join(model, 'golden.safetensors'));
    expect(pipeline.tokenizer.encode(metadata.prompt!).ids).toEqual(ids());
  });

  it('text states', async () => {
    const { data } = (await pipeline.encodeTokens([ids()])).get(CONTEXT)!;
    expect(largestError(data, 'text_states')).toBeLessThan(TOLERANCE);
  });

  it('velocity', async () => {
    const [height, width] = [16, 16];
    const plain = { ...pipeline.model, guided: false, height, width, concepts: [] };
    const session = await pipeline.session(samplingGraph(plain));
    const { prediction } = await session.run({
      sample: float32(numbers('latents'), [1, pipeline.facts.latentChannels, height, width]),
      timestep: float32([Number(golden.get('timesteps')!.data[0])], [1]),
      [CONTEXT]: float32(numbers('text_states'), golden.get('text_states')!.shape),
    });
    expect(largestError(prediction!.data as Float32Array, 'velocity')).toBeLessThan(TOLERANCE);
  });

  it('picture', async () => {
    const pixels = await pipeline.decodeLatents(numbers('vae_latents'), 16, 16);
    expect(largestError(pixels, 'vae_image')).toBeLessThan(TOLERANCE);
  });
});

describe('the embedded model', () => {
  it('has the weights that its checksums name', async () => {
    const files = await verifyCheckpoint(model);
    expect(files?.length).toBeGreaterThan(0);
    for (const { path, expected, got } of files!) expect(`${path} ${got}`).toBe(`${path} ${expected}`);
  });

  it('recommends identifiers that are single tokens, and class words and scenes it can read', async () => {
    const { identifiers, classWords, placements } = await readRecommendedSettings(model);
    for (const word of identifiers) expect(pipeline.tokenizer.words(word)).toHaveLength(1);
    for (const phrase of [...classWords, ...placements]) {
      expect(pipeline.tokenizer.words(phrase).length).toBeLessThanOrEqual(phrase.split(' ').length + 1);
    }
  });
});
