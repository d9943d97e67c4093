/** Messages as the companion sends them, for views and for the client. */

import type { LikenessVerdict } from '../../shared/likeness.ts';
import type { Computer } from '../../shared/protocol/computer.ts';
import type { ConceptSummary } from '../../shared/protocol/concept.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/connection.ts';
import type { JobOf, JobStatus } from '../../shared/protocol/job.ts';
import type { ModelCard, ModelFolder, ModelList, ModelTask } from '../../shared/protocol/model.ts';
import type { GenerateJobSpec } from '../../shared/protocol/requests.ts';
import type { ServerMessageOf } from '../../shared/protocol/server-messages.ts';

export const welcome: ServerMessageOf<'welcome'> = {
  type: 'welcome',
  protocol: PROTOCOL_VERSION,
  server: { version: '0.1.0' },
  model: {
    name: 'Likeness Embedded',
    resolution: 64,
    sizeUnit: 8,
    defaults: {
      teach: { steps: 300 },
      generate: { steps: 30, guidanceScale: 4, mask: 'adaptive' },
    },
    classWords: ['bottle', 'mug', 'chair', 'lamp', 'shoe', 'bag', 'watch', 'teapot', 'box', 'vase'],
    placements: ['on a beach', 'on a wooden table', 'in the snow', 'in a forest', 'on a rug', 'at night'],
    isDemonstration: false,
  },
  device: 'cpu',
  limits: {
    imageMaxBytes: 48_000_000,
    imageMaxSide: 4096,
    teachMaxImages: 32,
    generateMaxCount: 16,
    promptMaxLength: 1000,
    promptMaxConcepts: 4,
    queueMaxLength: 100,
  },
  jobs: [],
};

/** @param part with `hasSample`, each of its versions keeps a picture of what was learned */
export function concept(
  part: Partial<ConceptSummary> & { readonly name: string; readonly hasSample?: boolean },
): ConceptSummary {
  const { version = 1, hasSample = false, ...rest } = part;
  const taught = { referenceCount: 5, createdAt: '2026-11-20T10:00:00.000Z', usable: true };
  return {
    id: `concept-${part.name}`,
    classWord: 'mug',
    version,
    versions: Array.from({ length: version }, (_, at) => ({ ...taught, version: version - at, hasSample })),
    model: 'Likeness Embedded',
    sizeBytes: 410_000,
    ...taught,
    rights: {},
    hasThumbnail: true,
    ...rest,
  };
}

const common = {
  createdAt: '2026-11-20T10:00:00.000Z',
  startedAt: '2026-11-20T10:00:01.000Z',
  endedAt: null,
  model: 'Likeness Embedded',
} as const;

export function teachJob(job: string, status: JobStatus, name = 'aurora'): JobOf<'teach'> {
  const images = ['image-one-00', 'image-two-00', 'image-three', 'image-four-0', 'image-five-0'];
  const request = { name, classWord: 'mug', images };
  return { kind: 'teach', job, status, ...common, request, advice: [], taught: null };
}

const learned = { lossRatio: 0.58, colourOverlap: 0.81, detailRatio: 0.51, maskShare: 0.36, maskPieces: 1 };

/** A teaching that has come to its last step, and a sample that looks like the frames, or not yet. */
export function taughtJob(job: string, verdict: LikenessVerdict, name = 'aurora'): JobOf<'teach'> {
  const likeness = verdict === 'looks-like' ? learned : { ...learned, detailRatio: 0.21 };
  const concept = { id: `concept-${name}`, name, version: 1 };
  const taught = { concept, steps: 300, seconds: 184, finalLoss: 0.08, likeness };
  return { ...teachJob(job, { state: 'done' }, name), taught };
}

export function generateJob(
  job: string,
  status: JobStatus,
  spec: Partial<GenerateJobSpec> = {},
  confidences: readonly number[] = [],
): JobOf<'generate'> {
  const request = {
    prompt: '@aurora on a beach',
    count: 4,
    seed: 7214,
    strength: 1,
    mask: 'adaptive',
    ...spec,
  } as const;
  const pictures = confidences.map((confidence, picture) => ({
    picture,
    seed: request.seed + picture,
    width: 64,
    height: 64,
    seconds: 3,
    masks: [{ concept: 'aurora', confidence }],
  }));
  return { kind: 'generate', job, status, ...common, request, concepts: [], pictures };
}

/** Of two products on a beach and on grass, in two sizes; the cells of these numbers are made, those of `failed` were refused. */
export function catalogueJob(
  job: string,
  status: JobStatus,
  made: readonly number[] = [],
  failed: readonly number[] = [],
): JobOf<'catalogue'> {
  const sizes = [
    { width: 64, height: 64 },
    { width: 96, height: 64 },
  ];
  const request = {
    ...{ products: ['aurora', 'summit'], scenes: ['on a beach', 'a shelf with {product} on it'], sizes },
    ...{ seeds: [0], strength: 1, mask: 'adaptive' as const },
  };
  const pictures = made.map((picture) => ({
    ...{ picture, seed: 0, ...sizes[Math.floor(picture / 4)]!, seconds: 3, masks: [] },
  }));
  const fault = { code: 'memory', message: 'not enough memory', advice: 'Close other programs.' } as const;
  return {
    ...{ kind: 'catalogue', job, status, ...common, concepts: [], pictures },
    request,
    failed: failed.map((cell) => ({ cell, ...fault })),
  };
}

export const computerSample: Computer = {
  version: '0.1.0',
  startedAt: '2026-11-02T09:41:00.000Z',
  installation: { kind: 'portable', folder: '/Applications/likeness-0.1.0-macos-arm64' },
  manifest: '/Users/kim/Library/Application Support/likeness/figma-plugin/manifest.json',
  folders: [
    { name: 'concepts', path: '/Users/kim/likeness/concepts', sizeBytes: 41_200_000 },
    { name: 'models', path: '/Users/kim/likeness/models', sizeBytes: 6_940_000_000 },
    { name: 'jobs', path: '/Users/kim/likeness/jobs', sizeBytes: 812_000_000 },
    { name: 'cache', path: '/Users/kim/likeness/cache', sizeBytes: 10_300_000_000 },
    { name: 'logs', path: '/Users/kim/likeness/logs', sizeBytes: 410_000 },
  ],
  freeBytes: 212_000_000_000,
  startsAtLogin: true,
};

function modelCard(part: Partial<ModelCard> & { readonly name: string }): ModelCard {
  return {
    ...{ title: part.name, place: 'fetched', path: null, inUse: false, isDemonstration: false, fault: null },
    ...{ goodFor: null, resolution: 512, sizeBytes: 2_100_000_000, keptBytes: 0, memoryBytes: 6_000_000_000 },
    ...{ secondsPerPicture: null, licence: null, fit: 'fits', task: null },
    ...part,
  };
}

const OPENRAIL = {
  id: 'creativeml-openrail-m',
  url: 'https://huggingface.co/spaces/CompVis/stable-diffusion-license',
  note: null,
};

export const modelsSample: ModelList = {
  models: [
    modelCard({
      ...{ name: 'likeness-base-128', title: 'Demonstration model', place: 'embedded', inUse: true },
      ...{ isDemonstration: true, resolution: 128, sizeBytes: 51_000_000, memoryBytes: 1_000_000_000 },
      ...{ goodFor: 'trying Likeness at once: small pictures of toys', secondsPerPicture: 4 },
    }),
    modelCard({
      ...{
        name: 'product-shots-v3',
        place: 'linked',
        path: '/Users/kim/Models/product-shots-v3.safetensors',
      },
    }),
    modelCard({
      ...{ name: 'stable-diffusion-v1-5', title: 'Stable Diffusion 1.5', place: 'offered' },
      ...{ fit: 'recommended', licence: OPENRAIL, secondsPerPicture: 150 },
      goodFor: 'small and quick to teach; most LoRAs are made for it',
    }),
    modelCard({
      ...{ name: 'stable-diffusion-xl-base-1.0', title: 'Stable Diffusion XL', place: 'offered' },
      ...{ fit: 'too-large', resolution: 1024, sizeBytes: 6_900_000_000, memoryBytes: 18_000_000_000 },
      ...{ licence: { ...OPENRAIL, id: 'openrail++' }, secondsPerPicture: 1_900 },
      goodFor: 'large pictures with detail and lettering; slow without a GPU',
    }),
  ],
  backgroundRemovers: [
    modelCard({
      ...{ name: 'matting', title: 'BiRefNet lite', resolution: null, sizeBytes: 224_000_000 },
      ...{ goodFor: 'cut-outs of photos, to teach from', memoryBytes: 4_000_000_000 },
      licence: { id: 'mit', url: 'https://opensource.org/license/mit', note: null },
    }),
  ],
  upscalers: [
    modelCard({
      ...{ name: 'upscaler', title: 'Swin2SR real-world x4', resolution: null, sizeBytes: 54_000_000 },
      ...{ goodFor: 'enlarging pictures, before they are drawn over', memoryBytes: 2_000_000_000 },
      ...{ place: 'offered' },
      licence: { id: 'apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0', note: null },
    }),
  ],
  precisions: ['fp32'],
  memoryBytes: 16_000_000_000,
  freeDiskBytes: 212_000_000_000,
};

/** A pull in the middle. */
export function pullTask(part: Partial<ModelTask> = {}): ModelTask {
  return {
    ...{ kind: 'pull', state: 'running', bytes: 500_000_000, totalBytes: 2_000_000_000 },
    ...{ bytesPerSecond: 10_000_000, secondsLeft: 150, failure: null },
    ...part,
  };
}

/** A list in which one model is changed. */
export function modelsWith(name: string, part: Partial<ModelCard>): ModelList {
  const changed = (card: ModelCard) => (card.name === name ? { ...card, ...part } : card);
  const { models, backgroundRemovers, upscalers, ...rest } = modelsSample;
  return {
    ...rest,
    models: models.map(changed),
    backgroundRemovers: backgroundRemovers.map(changed),
    upscalers: upscalers.map(changed),
  };
}

const HOME = '/Users/kim';

/** The home folder, or one in it, which has models. */
export function modelFolder(path: string | null): ModelFolder {
  const entry = (name: string, kind: ModelFolder['entries'][number]['kind']) => ({
    ...{ name, kind, path: `${path ?? HOME}/${name}` },
  });
  const atHome = path === null || path === HOME;
  return {
    path: path ?? HOME,
    parent: atHome ? null : HOME,
    entries: atHome
      ? [entry('Documents', 'folder'), entry('Models', 'folder'), entry('Pictures', 'folder')]
      : [entry('brand-look', 'model'), entry('northlight-catalogue.safetensors', 'file')],
    isCut: false,
  };
}
