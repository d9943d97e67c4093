import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Factor } from '../../companion/adapters/factors.ts';
import { type Concept, THUMBNAIL_MAX_BYTES } from '../../companion/concepts/concept.ts';
import {
  conceptFromLora,
  readConcept,
  summariseConcept,
  writeConcept,
} from '../../companion/concepts/concept-file.ts';
import { float32ToHalf, halfToFloat32 } from '../../companion/tensor/half.ts';
import { openSafetensors } from '../../companion/tensor/safetensors-file.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { safetensorsBytes } from '../tensor/safetensors-bytes.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';

const HASH = 'ab'.repeat(32);
const ramp = (length: number, step: number) => Float32Array.from({ length }, (_, i) => (i - 7) * step);
const factor = (channels: number, scale = 1): Factor => ({
  down: ramp(2 * channels, 0.013),
  up: ramp(2 * channels, -0.007),
  rank: 2,
  channels,
  scale,
});

const AURORA: Concept = {
  name: 'aurora',
  classWord: 'perfume bottle',
  identifier: 'zqx',
  baseModel: { name: 'nano', hash: HASH, architecture: 'stable-diffusion-v1' },
  resolution: { width: 512, height: 512 },
  method: { steps: 150, learningRate: 1e-3, batchSize: 4, seed: 7, rank: '0.05 m' },
  referenceCount: 5,
  figures: { seconds: 181.5, lastLoss: 0.07 },
  rights: { owner: 'Aurora GmbH', licence: 'CC-BY-4.0', note: 'Für Kampagne 7', expires: '2027-01-31' },
  version: 2,
  parent: 'cd'.repeat(32),
  createdAt: '2026-05-04T10:00:00Z',
  storedAs: 'conv1x1',
  factors: new Map([
    ['down_blocks.0.attentions.0', factor(32)],
    ['mid_block.attentions.0', factor(64, 0.5)],
  ]),
  thumbnail: { mediaType: 'image/png', bytes: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3) },
  tokenEmbeddings: [Float32Array.of(0.1, -2, 3e-5), Float32Array.of(4, 5)],
  objectProbe: {
    weights: new Map([
      ['down_blocks.0.attentions.0', new Float32Array(32).fill(0.3)],
      ['mid_block.attentions.0', new Float32Array(64).fill(-1e-4)],
    ]),
    bias: Float32Array.of(-0.7),
  },
};

const conceptPath = async () => join(await scratchFolder(), 'aurora.safetensors');
const rounded = (values: Float32Array) => halfToFloat32(float32ToHalf(values));

describe('a concept file', () => {
  it('gives back what was written; factors within half precision', async () => {
    const path = await conceptPath();
    const weightHash = await writeConcept(path, AURORA);
    const factors = new Map(
      [...AURORA.factors].map(([block, f]) => [block, { ...f, down: rounded(f.down), up: rounded(f.up) }]),
    );
    expect(await readConcept(path)).toEqual({ ...AURORA, factors });
    const {
      factors: _factors,
      storedAs: _storedAs,
      tokenEmbeddings: _embedding,
      objectProbe: _probe,
      ...facts
    } = AURORA;
    expect(await summariseConcept(path)).toEqual({
      ...facts,
      path,
      weightHash,
      sizeBytes: (await readFile(path)).byteLength,
      hasTokenEmbedding: true,
      hasObjectProbe: true,
      needs: {
        sites: Object.fromEntries([...AURORA.factors].map(([block, { channels }]) => [block, channels])),
        textWidths: AURORA.tokenEmbeddings!.map(({ length }) => length),
      },
    });
  });

  it('is exact in F32, and may leave out what is optional', async () => {
    const path = await conceptPath();
    const {
      thumbnail: _thumbnail,
      tokenEmbeddings: _embedding,
      objectProbe: _probe,
      parent: _parent,
      ...rest
    } = AURORA;
    const bare: Concept = { ...rest, rights: {}, storedAs: 'linear' };
    await writeConcept(path, bare, { dtype: 'F32' });
    expect(await readConcept(path)).toEqual(bare);
  });

  it('has the same bytes for the same facts in another order', async () => {
    const [a, b] = [await conceptPath(), await conceptPath()];
    await writeConcept(a, AURORA);
    const method = Object.fromEntries(Object.entries(AURORA.method).reverse());
    await writeConcept(b, { ...AURORA, method, factors: new Map([...AURORA.factors].reverse()) });
    expect(await readFile(a)).toEqual(await readFile(b));
  });

  it('is a LoRA file to other tools: three tensors for each block, four dimensions, alpha = rank * scale', async () => {
    const path = await conceptPath();
    await writeConcept(path, AURORA);
    const { tensors, metadata, dataOffset } = await openSafetensors(path);
    expect([...tensors.values()].map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ['lora_unet_down_blocks_0_attentions_0_proj_out.alpha', 'F32', []],
      ['lora_unet_mid_block_attentions_0_proj_out.alpha', 'F32', []],
      ['lora_unet_down_blocks_0_attentions_0_proj_out.lora_down.weight', 'F16', [2, 32, 1, 1]],
      ['lora_unet_down_blocks_0_attentions_0_proj_out.lora_up.weight', 'F16', [32, 2, 1, 1]],
      ['lora_unet_mid_block_attentions_0_proj_out.lora_down.weight', 'F16', [2, 64, 1, 1]],
      ['lora_unet_mid_block_attentions_0_proj_out.lora_up.weight', 'F16', [64, 2, 1, 1]],
    ]);
    const data = (await readFile(path)).subarray(dataOffset);
    const hash = createHash('sha256').update(data).digest('hex');
    expect(new Float32Array(new Uint8Array(data.subarray(0, 8)).buffer)).toEqual(Float32Array.of(2, 1));
    expect(metadata).toMatchObject({
      ss_base_model_version: 'sd_v1',
      ss_v2: 'False',
      ss_network_module: 'networks.lora',
      sshs_model_hash: hash,
      'modelspec.hash_sha256': `0x${hash}`,
      'modelspec.architecture': 'stable-diffusion-v1/lora',
      'modelspec.trigger_phrase': 'zqx perfume bottle',
      'modelspec.license': 'CC-BY-4.0',
      'modelspec.resolution': '512x512',
      'likeness.name': 'aurora',
    });
  });

  it.each<[what: string, change: Partial<Concept>, fault: RegExp]>([
    ['a name with a path in it', { name: '../aurora' }, /likeness.name: expected a lower-case name/],
    ['a name that is too long', { name: 'a'.repeat(42) }, /likeness.name/],
    ['an identifier of two words', { identifier: 'z q' }, /likeness.identifier: expected one word/],
    ['a class word with a line break', { classWord: 'bottle\nof' }, /likeness.class: expected a word or two/],
    ['a date that is none', { rights: { expires: '2027-02-30' } }, /likeness.rights.expires/],
    ['a note that is too long', { rights: { note: 'x'.repeat(1001) } }, /likeness.rights.note/],
    ['a figure that is not finite', { figures: { loss: NaN } }, /likeness.figures.loss/],
    [
      'thousands of settings',
      { method: Object.fromEntries(ramp(200, 1).entries()) as Concept['method'] },
      /likeness.method: expected at most 100/,
    ],
    ['version 0', { version: 0 }, /likeness.version/],
    [
      'a thumbnail that is no picture',
      { thumbnail: { mediaType: 'image/png', bytes: Uint8Array.of(1, 2, 3, 4) } },
      /modelspec.thumbnail is .* expected a JPEG or PNG/,
    ],
    [
      'a thumbnail that is too large',
      { thumbnail: { mediaType: 'image/png', bytes: new Uint8Array(THUMBNAIL_MAX_BYTES + 1).fill(0x89) } },
      /modelspec.thumbnail/,
    ],
    [
      'an empty embedding',
      { tokenEmbeddings: [new Float32Array(0)] },
      /likeness.token_embedding has 0 characters/,
    ],
    [
      'an embedding of NaN',
      { tokenEmbeddings: [Float32Array.of(NaN)] },
      /likeness.token_embedding has 8 characters, expected base64 of .* finite float32 values/,
    ],
    [
      'a probe of NaN',
      { objectProbe: { weights: new Map(), bias: Float32Array.of(NaN) } },
      /likeness.object_probe.bias: /,
    ],
    [
      'factors that went astray',
      {
        factors: new Map([['mid_block.attentions.0', { ...factor(8), up: new Float32Array(16).fill(NaN) }]]),
      },
      /lora_up has the value NaN/,
    ],
    [
      'factors beyond halves',
      {
        factors: new Map([['mid_block.attentions.0', { ...factor(8), up: new Float32Array(16).fill(7e4) }]]),
      },
      /has the value 70000, expected at most 65504 in F16/,
    ],
  ])('is not written with %s', async (_what, change, fault) => {
    const path = await conceptPath();
    const refusal = await writeConcept(path, { ...AURORA, ...change }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'concept-format', message: expect.stringMatching(fault) });
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it('is refused where a byte of a weight changed', async () => {
    const path = await conceptPath();
    await writeConcept(path, AURORA);
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    await expect(readConcept(path)).rejects.toMatchObject({
      code: 'concept-format',
      message: expect.stringContaining('is damaged: its weights have the hash'),
    });
  });

  it.each<[what: string, key: string, value: string | undefined, fault: RegExp]>([
    ['another format version', 'likeness.format', '2', /likeness.format is "2", expected 1/],
    ['no name', 'likeness.name', undefined, /likeness.name: /],
    ['settings that are not JSON', 'likeness.method', '{', /likeness.method is not JSON/],
    ['an unknown field', 'likeness.rights', '{"holder":"x"}', /likeness.rights: /],
    [
      'a thumbnail from the net',
      'modelspec.thumbnail',
      'https://example.org/a.png',
      /modelspec.thumbnail is https:/,
    ],
    ['an embedding of half a number', 'likeness.token_embedding', 'AAAA', /likeness.token_embedding/],
    ['a probe that is not JSON', 'likeness.object_probe', '[', /likeness.object_probe is not JSON/],
    [
      'a probe of half a number',
      'likeness.object_probe',
      '{"bias":0,"weights":{"mid_block.attentions.0":"AAAA"}}',
      /likeness.object_probe.weights.mid_block.attentions.0: expected base64/,
    ],
    [
      'a probe beyond float32',
      'likeness.object_probe',
      '{"bias":1e300,"weights":{}}',
      /likeness.object_probe.bias: expected a float32/,
    ],
    [
      'a probe of another width',
      'likeness.object_probe',
      '{"bias":0,"weights":{"mid_block.attentions.0":"AAAAAA=="}}',
      /object probe has no weights for down_blocks.0.attentions.0, expected 32/,
    ],
    ['no weight hash', 'sshs_model_hash', undefined, /expected one in sshs_model_hash/],
  ])('is not read with %s', async (_what, key, value, fault) => {
    const path = await conceptPath();
    await writeConcept(path, AURORA);
    const { metadata, dataOffset } = await openSafetensors(path);
    const bytes = await readFile(path);
    const header = JSON.parse(bytes.subarray(8, dataOffset).toString()) as Record<string, unknown>;
    // JSON leaves out a value that is undefined.
    const changed = JSON.stringify({ ...header, __metadata__: { ...metadata, [key]: value } });
    await writeFile(path, safetensorsBytes(changed, bytes.subarray(dataOffset)));
    const refusal = await readConcept(path).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'concept-format', message: expect.stringMatching(fault) });
    expect((refusal as Error).message).not.toContain('\n');
  });

  it('that is cut short is a concept fault, in one line', async () => {
    const path = await conceptPath();
    await writeFile(path, safetensorsBytes('{'));
    await expect(summariseConcept(path)).rejects.toMatchObject({ code: 'concept-format' });
  });
});

describe('a plain LoRA file', () => {
  const writeLora = async () => {
    const path = await conceptPath();
    const stem = 'lora_unet_mid_block_attentions_0_proj_out';
    const { down, up } = factor(8);
    await writeSafetensors(
      path,
      new Map([
        [`${stem}.lora_down.weight`, { dtype: 'F32', shape: [2, 8, 1, 1], data: down }],
        [`${stem}.lora_up.weight`, { dtype: 'F32', shape: [8, 2, 1, 1], data: up }],
      ]),
    );
    return path;
  };

  it('says what it lacks as a concept', async () => {
    const refusal = await readConcept(await writeLora()).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'concept-format',
      message: expect.stringContaining('a plain LoRA file: its header lacks the name, class word'),
      advice: expect.stringContaining('npm run likeness -- concepts import'),
    });
  });

  it('becomes a concept with facts from elsewhere', async () => {
    const {
      factors: _f,
      storedAs: _s,
      thumbnail: _t,
      tokenEmbeddings: _e,
      objectProbe: _p,
      ...facts
    } = AURORA;
    const concept = await conceptFromLora(await writeLora(), facts);
    const path = await conceptPath();
    await writeConcept(path, concept);
    expect((await readConcept(path)).factors.get('mid_block.attentions.0')).toMatchObject({
      rank: 2,
      channels: 8,
    });
  });
});
