import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Factor } from '../../companion/adapters/factors.ts';
import { initialProbe } from '../../companion/adapters/object-probe.ts';
import type { Concept } from '../../companion/concepts/concept.ts';
import { readConcept, summariseConcept, writeConcept } from '../../companion/concepts/concept-file.ts';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import type { LocalGenerateEvent } from '../../companion/engine/events.ts';
import { generate } from '../../companion/engine/generation/generate.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import { teach } from '../../companion/engine/teaching/teach.ts';
import { picture } from '../../companion/images/picture.ts';
import { readPngText } from '../../companion/images/records/png-text-reader.ts';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import { openSafetensors, readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import type { WritableTensor } from '../../companion/tensor/safetensors-writer.ts';
import type { MaskMode } from '../../shared/protocol/requests.ts';
import { kohyaName, styleLayers, styleTensors } from '../lora/style-file.ts';
import { writeRawSafetensors, writeSafetensors } from '../tensor/tensor-files.ts';
import { nanoModel, needsNano, withoutNano } from './golden-model.ts';

let folder: string;
let concept: string;

function engine() {
  return { model: nanoModel, device: 'cpu', threads: 1, cacheFolder: join(folder, 'cache') } as const;
}

beforeAll(async () => {
  if (withoutNano) return;
  folder = await mkdtemp(join(tmpdir(), 'likeness-generate-'));
  const data = Uint8Array.from({ length: 48 * 48 * 3 }, (_, index) => (index * 37) % 251);
  const frame = { name: 'frame', pixels: picture(48, 48, 3, data), findings: [] };
  concept = join(folder, 'aurora.safetensors');
  const teaching = teach({
    ...engine(),
    references: [frame],
    name: 'aurora',
    classWord: 'toy',
    stateFile: join(folder, 'state'),
    settings: { steps: 12, learningRate: 2e-2, trainTokenEmbedding: false },
    seed: 1,
    mirror: false,
    rights: { owner: 'Acme' },
  });
  for await (const event of teaching) if (event.type === 'taught') await writeConcept(concept, event.concept);
});
afterAll(() => folder && rm(folder, { recursive: true, force: true }));

/** A request by the prompt as it is written, and the files of the concepts that it may mention. */
interface Changes extends Omit<Partial<GenerateRequest>, 'prompt'> {
  readonly prompt?: string;
  readonly concepts?: readonly string[];
}

async function request(changes: Changes = {}): Promise<GenerateRequest> {
  const { prompt = '@aurora on a beach', concepts = [concept], ...others } = changes;
  return {
    ...engine(),
    prompt: resolvePrompt(prompt, await Promise.all(concepts.map(summariseConcept))),
    negativePrompt: '',
    count: 1,
    seed: 40,
    strength: 1,
    ...others,
    settings: { steps: 4, guidanceScale: 3, sampler: 'ddim', mask: 'median', ...changes.settings },
  };
}

async function run(changes: Changes = {}): Promise<LocalGenerateEvent[]> {
  return collect(generate(await request(changes)));
}

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

type PictureEvent = Extract<LocalGenerateEvent, { type: 'picture' }>;

async function pictures(changes: Changes): Promise<PictureEvent[]> {
  return (await run(changes)).filter((event) => event.type === 'picture');
}

async function pixels(changes: Changes): Promise<Uint8Array> {
  return (await pictures(changes))[0]!.image.data;
}

/** The model with a concept's residuals in its weights, as a folder. */
async function mergedModel({ factors }: Concept): Promise<string> {
  const merged = join(folder, 'merged');
  await cp(nanoModel, merged, { recursive: true });
  const file = join(merged, 'unet', 'diffusion_pytorch_model.safetensors');
  const tensors = new Map<string, WritableTensor>();
  for (const [name, entry] of (await openSafetensors(file)).tensors) {
    const { shape, data } = await readFloat32(entry);
    const factor = factors.get(name.replace('.proj_out.weight', ''));
    tensors.set(name, {
      dtype: 'F32',
      shape,
      data: factor === undefined ? data : withResidual(data, factor),
    });
  }
  await rm(file);
  await writeSafetensors(file, tensors);
  return merged;
}

function withResidual(weight: Float32Array, { down, up, rank, channels, scale }: Factor): Float32Array {
  return weight.map((value, at) => {
    const [row, column] = [Math.floor(at / channels), at % channels];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += up[row * rank + r]! * down[r * channels + column]!;
    return value + scale * sum;
  });
}

function farthest(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);
}

describe.skipIf(withoutNano)(`generating, ${needsNano}`, () => {
  it('places a concept by the rank that it was taught with at each timestep', async () => {
    const known = await readConcept(concept);
    const falling = join(folder, 'falling.safetensors');
    await writeConcept(falling, { ...known, method: { ...known.method, noisyRankShare: 0 } });
    const odd = join(folder, 'odd.safetensors');
    await writeConcept(odd, { ...known, method: { ...known.method, noisyRankShare: -3 } });
    const always = await pixels({});
    expect(await pixels({ concepts: [falling] })).not.toEqual(always);
    expect(await pixels({ concepts: [odd] })).toEqual(always);
  });

  it('reports the prompt as the model reads it, every step and the pictures', async () => {
    const events = await run({ count: 2 });
    expect(events.find((event) => event.type === 'prompt')).toMatchObject({
      text: expect.stringMatching(/^\w+ toy on a beach$/),
      truncated: 0,
    });
    expect(events.filter((event) => event.type === 'step')).toHaveLength(8);
    expect(events.filter((event) => event.type === 'picture').map(({ seed }) => seed)).toEqual([40, 41]);
    expect(events.at(-1)).toMatchObject({ type: 'picture', masks: [{ concept: 'aurora' }] });
  });

  it('makes picture k of a batch the picture of seed + k alone', async () => {
    const [, second] = await pictures({ count: 2 });
    const alone = await pixels({ seed: 41 });
    // Beside another picture, kernels may add up in another order.
    const apart = second!.image.data.map((value, at) => Math.abs(value - alone[at]!));
    expect(Math.max(...apart)).toBeLessThanOrEqual(2);
  });

  it('gives the base model back where the mask is off, or the strength is zero', async () => {
    const text = (await run()).find((event) => event.type === 'prompt')!.text;
    const base = await pixels({ prompt: text, concepts: [] });
    expect(await pixels({ settings: { mask: 'off' } })).toEqual(base);
    expect(await pixels({ settings: { mask: 'full' }, strength: 0 })).toEqual(base);
  });

  it('gives with the full residual what other programs give, who add it to the weights', async () => {
    const text = (await run()).find((event) => event.type === 'prompt')!.text;
    const merged = await mergedModel(await readConcept(concept));
    const negativePrompt = 'blurry';
    const elsewhere = await pixels({ model: merged, prompt: text, concepts: [], negativePrompt });
    const full = await pixels({ settings: { mask: 'full' }, negativePrompt });
    expect(farthest(full, elsewhere)).toBeLessThanOrEqual(1);
    const conditional = { mask: 'full', guidanceResidual: 'conditional' } as const;
    expect(farthest(await pixels({ settings: conditional, negativePrompt }), elsewhere)).toBeGreaterThan(1);
  });

  it('acts in the halves of guidance that the request names, else the concept, else the model', async () => {
    const known = await readConcept(concept);
    const own = join(folder, 'own-halves.safetensors');
    await writeConcept(own, { ...known, method: { ...known.method, guidanceResidual: 'both' } });
    const [usual, both, conditional] = [
      await pixels({}),
      await pixels({ settings: { guidanceResidual: 'both' } }),
      await pixels({ settings: { guidanceResidual: 'conditional' } }),
    ];
    expect(usual).toEqual(conditional);
    expect(both).not.toEqual(conditional);
    expect(await pixels({ concepts: [own] })).toEqual(both);
    expect(await pixels({ concepts: [own], settings: { guidanceResidual: 'conditional' } })).toEqual(
      conditional,
    );
  });

  it('says that a negative prompt has no effect at guidance 1', async () => {
    const hintOf = async (changes: Changes) =>
      (await run(changes)).find((event) => event.type === 'prompt')!.negativePromptHint;
    const atOne = { settings: { guidanceScale: 1 } };
    expect(await hintOf({ ...atOne, negativePrompt: 'blurry' })).toContain('no effect at guidance 1');
    expect(await hintOf({ negativePrompt: 'blurry' })).toBeUndefined();
    expect(await hintOf(atOne)).toBeUndefined();
  });

  it('leaves a prompt alone that does not name the concept', async () => {
    const plain = await pixels({ prompt: 'a toy on a beach', concepts: [] });
    expect(await pixels({ prompt: 'a toy on a beach' })).toEqual(plain);
  });

  it('makes different pictures of base, median, adaptive and full', async () => {
    const modes = ['off', 'median', 'adaptive', 'full'] as const;
    const made = await Promise.all(modes.map((mask) => pixels({ settings: { mask } })));
    expect(new Set(made.map((data) => Buffer.from(data).toString('hex'))).size).toBe(modes.length);
  });

  it('acts in half of each block’s cells with the median mask', async () => {
    const [made] = await pictures({});
    const { values } = made!.masks[0]!;
    const share = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(share).toBeCloseTo(0.5, 2);
  });

  it('acts where the concept’s probe sees the product, whatever the attention says', async () => {
    const taught = await readConcept(concept);
    const blocks = [...taught.factors].map(([path, { channels }]) => ({ path, inputs: channels }));
    const probed = async (name: string, logit: number) => {
      const file = join(folder, `${name}.safetensors`);
      const objectProbe = { ...initialProbe(blocks), bias: Float32Array.of(logit) };
      await writeConcept(file, { ...taught, objectProbe });
      return file;
    };
    const [everywhere, nowhere] = [await probed('everywhere', 60), await probed('nowhere', -60)];
    const of = (file: string, mask: MaskMode) =>
      pixels({ concepts: [file], settings: { mask, guidanceResidual: 'both' } });
    expect(await of(everywhere, 'adaptive')).toEqual(await of(everywhere, 'full'));
    expect(await of(nowhere, 'adaptive')).not.toEqual(await of(nowhere, 'full'));
    expect(await of(nowhere, 'full')).toEqual(await of(everywhere, 'full'));
    expect(await of(nowhere, 'median')).toEqual(await of(concept, 'median'));
    expect(await of(nowhere, 'off')).toEqual(await of(concept, 'off'));
  });

  it('places a concept on a style that is merged into the model, which at weight 0 is the model itself', async () => {
    const path = join(folder, 'style.safetensors');
    const layers = styleLayers(await openCheckpoint(nanoModel), (module) => /attn1|conv1|fc1/.test(module));
    await writeRawSafetensors(path, styleTensors(layers, { name: kohyaName }));
    const at = (weight: number): Changes => ({ loras: [{ name: 'style', path, weight }] });
    const plain = await pixels({});
    const [styled] = await pictures(at(0.5));
    const [mask] = styled!.masks;
    expect(mask).toMatchObject({ concept: 'aurora' });
    expect(mask!.values.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(0);
    expect(mask!.values.some((value) => value === 0)).toBe(true);
    expect(styled!.image.data).not.toEqual(plain);
    const without = await pixels({ ...at(0.5), settings: { mask: 'off' } });
    expect(without).not.toEqual(styled!.image.data);
    expect(without).not.toEqual(await pixels({ settings: { mask: 'off' } }));
    expect(await pixels({ ...at(0.5), strength: 0 })).toEqual(without);
    expect(await pixels(at(0))).toEqual(plain);
  });

  it('writes PNGs that carry prompt, seed, model, concept and settings', async () => {
    const out = join(folder, 'out');
    const [made] = await pictures({ out, negativePrompt: 'blurry' });
    const texts = new Map(
      readPngText(await readFile(made!.file!)).map(({ keyword, text }) => [keyword, text]),
    );
    expect(texts.get('parameters')).toContain('@aurora on a beach\nNegative prompt: blurry\nSteps: 4');
    const { weightHash } = await summariseConcept(concept);
    expect(JSON.parse(texts.get('likeness')!)).toMatchObject({
      seed: 40,
      concepts: [{ id: weightHash.slice(0, 16), name: 'aurora', version: 1, rights: { owner: 'Acme' } }],
      settings: { mask: 'median', guidanceResidual: 'conditional' },
    });
    expect(texts.get('Copyright')).toBe('aurora: Acme');
    expect(texts.get('XML:com.adobe.xmp')).toContain('trainedAlgorithmicMedia');
    expect(await readdir(out)).toHaveLength(1);
  });

  it('says what of a long prompt did not fit', async () => {
    const prompt = `@aurora ${'on a beach '.repeat(40)}at dawn`;
    const event = (await run({ prompt })).find((one) => one.type === 'prompt')!;
    expect(event.tokenCount).toBe(77);
    expect(event.truncated).toBeGreaterThan(0);
    expect(event.droppedText).toContain('dawn');
  });

  it('refuses a concept of another model, and a name that it does not know', async () => {
    const narrow = nanoModel.replace('nano', 'narrow16');
    await expect(run({ model: narrow })).rejects.toMatchObject({ code: 'concept-mismatch' });
    await expect(run({ prompt: '@aurore' })).rejects.toMatchObject({ code: 'concept-unknown' });
  });

  it('tells two concepts apart that were taught under the same identifier', async () => {
    const twin = join(folder, 'twin.safetensors');
    await writeConcept(twin, { ...(await readConcept(concept)), name: 'twin' });
    const events = await run({ prompt: '@aurora beside @twin', concepts: [concept, twin] });
    const { text } = events.find((event) => event.type === 'prompt')!;
    const [first, , , second] = text.split(' ');
    expect(second).not.toBe(first);
    expect(events.at(-1)).toMatchObject({ masks: [{ concept: 'aurora' }, { concept: 'twin' }] });
  });

  it('knows a concept by the name that the prompt gives it, which its file may have no more', async () => {
    const renamed = join(folder, 'renamed.safetensors');
    await writeConcept(renamed, { ...(await readConcept(concept)), name: 'later' });
    const prompt = { ...(await request()).prompt, concepts: [{ name: 'aurora', path: renamed }] };
    const [made] = await collect(generate({ ...(await request()), prompt })).then((events) =>
      events.slice(-1),
    );
    expect(made).toMatchObject({ type: 'picture', masks: [{ concept: 'aurora' }] });
    expect((made as PictureEvent).image.data).toEqual(await pixels({}));
  });

  it('refuses a mention beyond the 77 tokens', async () => {
    const prompt = `${'on a beach '.repeat(40)}@aurora`;
    await expect(run({ prompt })).rejects.toMatchObject({ code: 'input' });
  });
});
