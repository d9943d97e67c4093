/** Fingerprints: SHA-256 of everything that a move or a rename must not change, held to fixtures/fingerprints.json. */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import type { Factor } from '../companion/adapters/factors.ts';
import { hashCheckpoint } from '../companion/checkpoint/checkpoint-hash.ts';
import { locateWeights } from '../companion/checkpoint/external-weights.ts';
import { weightStoreOf } from '../companion/checkpoint/weight-store.ts';
import type { Concept } from '../companion/concepts/concept.ts';
import { type WriteConceptOptions, writeConcept } from '../companion/concepts/concept-file.ts';
import { JobStore } from '../companion/jobs/drivers/local/job-store.ts';
import { type JobRecord, type JobSpec, newJob, readRecord } from '../companion/jobs/job-record.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../companion/model-store/catalogue.ts';
import { openCheckpoint } from '../companion/models/families/formats.ts';
import { blobKey } from '../companion/storage/blob-store.ts';
import { openSafetensors } from '../companion/tensor/safetensors-file.ts';
import type { JobState } from '../shared/protocol/job.ts';
import { generateRequestSchema, teachRequestSchema } from '../shared/protocol/requests.ts';
import { graphSubjects, type Subject } from './fingerprint-graphs.ts';
import { scratchFolder } from './storage/scratch-folder.ts';

const KEPT_FILE = fileURLToPath(new URL('fixtures/fingerprints.json', import.meta.url));
const RENEW = 'UPDATE_FINGERPRINTS=1 npx vitest run tests/fingerprints.test.ts';
const MODEL = join(EMBEDDED_MODELS, DEFAULT_MODEL);

/** Values that halves hold exactly. */
const ramp = (length: number, step: number) =>
  Float32Array.from({ length }, (_, index) => (index - 7) * step);
const factor = (channels: number, scale: number): Factor => ({
  down: ramp(2 * channels, 1 / 64),
  up: ramp(2 * channels, -1 / 128),
  rank: 2,
  channels,
  scale,
});

/** All optional parts are there. */
const CONCEPT: Concept = {
  name: 'aurora',
  classWord: 'perfume bottle',
  identifier: 'zqx',
  baseModel: { name: DEFAULT_MODEL, hash: 'ab'.repeat(32), architecture: 'stable-diffusion-v1' },
  resolution: { width: 128, height: 128 },
  method: { steps: 150, learningRate: 1e-3, batchSize: 4, seed: 7, noisyRankShare: 0.5, mirror: false },
  referenceCount: 5,
  figures: { seconds: 181.5, lastLoss: 0.07 },
  rights: { owner: 'Aurora GmbH', licence: 'CC-BY-4.0', note: 'Für Kampagne 7', expires: '2027-01-31' },
  version: 2,
  parent: 'cd'.repeat(32),
  createdAt: '2026-05-04T10:00:00Z',
  storedAs: 'conv1x1',
  factors: new Map([
    ['down_blocks.0.attentions.0', factor(32, 1)],
    ['mid_block.attentions.0', factor(64, 0.5)],
    ['up_blocks.1.attentions.1', factor(32, 1)],
  ]),
  thumbnail: { mediaType: 'image/png', bytes: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3) },
  tokenEmbeddings: [Float32Array.of(0.125, -2, 3e-5)],
  objectProbe: {
    weights: new Map([
      ['down_blocks.0.attentions.0', ramp(32, 0.25)],
      ['mid_block.attentions.0', ramp(64, -0.5)],
      ['up_blocks.1.attentions.1', ramp(32, 0.125)],
    ]),
    bias: Float32Array.of(-0.75),
  },
};

const conceptFile =
  (changes: Partial<Concept> = {}, options: WriteConceptOptions = {}): Subject =>
  async () => {
    const file = join(await scratchFolder(), 'aurora.safetensors');
    await writeConcept(file, { ...CONCEPT, ...changes }, options);
    return readFile(file);
  };

/** The file of the text encoder's weights as float32. Its name is made from path and time, which are fixed here. */
async function convertedWeights() {
  const path = `models/${DEFAULT_MODEL}/text_encoder/model.safetensors`;
  const source = await openSafetensors(fileURLToPath(new URL(`../${path}`, import.meta.url)));
  const folder = await scratchFolder();
  // Relative to the repository, where tests are run.
  await locateWeights(weightStoreOf([{ ...source, path, modifiedMs: 0 }]), folder);
  const [name] = await readdir(folder);
  return { name: name!, bytes: await readFile(join(folder, name!)) };
}

const TEACH: JobSpec = {
  kind: 'teach',
  request: teachRequestSchema.parse({
    name: 'aurora',
    classWord: 'perfume bottle',
    images: ['image-one', 'image-two'],
    seed: 7,
    steps: 150,
    mirror: true,
    rights: CONCEPT.rights,
  }),
  references: new Map([
    ['image-one', blobKey('one.pixels')],
    ['image-two', blobKey('two.pixels')],
  ]),
};

const REFERENCE = { id: 'concept-one', name: 'aurora', version: 2 };

const GENERATE: JobSpec = {
  kind: 'generate',
  request: generateRequestSchema.parse({
    prompt: '@aurora on a beach',
    negativePrompt: 'blurred',
    count: 2,
    seed: 40,
    size: { width: 128, height: 192 },
    strength: 1.25,
    mask: 'adaptive',
    steps: 24,
    guidanceScale: 2,
    concepts: [REFERENCE],
  }),
};

/** @param changes of the record that a new job has: what came of it later */
const jobFile =
  (wish: JobSpec, changes: (record: JobRecord) => JobRecord = (record) => record): Subject =>
  async () => {
    const store = new JobStore(await scratchFolder());
    const files = store.files('job-fingerprint');
    const now = new Date('2026-05-04T10:00:00Z');
    const record = newJob('job-fingerprint', wish, { model: DEFAULT_MODEL, now });
    await store.create(record);
    await store.save(changes(record));
    // Refused unless the record above is one that a companion could have written.
    await readRecord(files.record, 'job-fingerprint');
    return readFile(files.record);
  };

const TIMES = { startedAt: '2026-05-04T10:00:01.000Z', endedAt: '2026-05-04T10:03:00.000Z' };

function stopped(record: JobRecord): JobRecord {
  const status = { state: 'cancelled', saved: { step: 75, steps: 150 } } as const;
  const advice = [{ frame: 1, severity: 'hint', text: 'Show the whole bottle.' } as const];
  return { ...record, savedBytes: 4096, state: { ...record.state, ...TIMES, status, advice } as JobState };
}

function done(record: JobRecord): JobRecord {
  const masks = [{ concept: 'aurora', confidence: 0.75 }];
  const pictures = [{ picture: 0, seed: 40, width: 128, height: 192, seconds: 6.5, masks }];
  const made = { status: { state: 'done' }, concepts: [REFERENCE], pictures } as const;
  return {
    ...record,
    state: { ...record.state, ...TIMES, ...made } as JobState,
    pictures: [{ sizeBytes: 20_000, masks: [{ rows: 24, columns: 16 }] }],
  };
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  ...graphSubjects(MODEL),
  'concept file': conceptFile(),
  'concept file, F32, linear projections': conceptFile({ storedAs: 'linear' }, { dtype: 'F32' }),
  'identity of the embedded model': async () =>
    hashCheckpoint(await openCheckpoint(MODEL), await scratchFolder()),
  'converted weights, name': async () => (await convertedWeights()).name,
  'converted weights, bytes': async () => (await convertedWeights()).bytes,
  'job.json, teach': jobFile(TEACH),
  'job.json, teach, stopped': jobFile(TEACH, stopped),
  'job.json, generate': jobFile(GENERATE),
  'job.json, generate, done': jobFile(GENERATE, done),
};

const kept = JSON.parse(await readFile(KEPT_FILE, 'utf8').catch(() => '{}')) as Record<string, string>;
const isRenewal = process.env.UPDATE_FINGERPRINTS === '1';
const found: Record<string, string> = {};

afterAll(async () => {
  if (!isRenewal) return;
  // With a filter (-t) only some were made: the others stay as they are.
  const names = Object.keys(SUBJECTS).filter((name) => (found[name] ?? kept[name]) !== undefined);
  const renewed = Object.fromEntries(names.map((name) => [name, found[name] ?? kept[name]]));
  await mkdir(dirname(KEPT_FILE), { recursive: true });
  await writeFile(KEPT_FILE, `${JSON.stringify(renewed, undefined, 2)}\n`);
});

it.each(Object.keys(SUBJECTS))('%s', async (name) => {
  const hash = createHash('sha256')
    .update(await SUBJECTS[name]!())
    .digest('hex');
  found[name] = hash;
  if (isRenewal) return;
  expect(hash, `"${name}" has changed. If it had to: ${RENEW}, and say why in the commit`).toBe(kept[name]);
});

it.skipIf(isRenewal)('keeps no fingerprint of what is no longer made', () => {
  const gone = Object.keys(kept).filter((name) => !(name in SUBJECTS));
  expect(gone, `If they had to go: ${RENEW}`).toEqual([]);
});
