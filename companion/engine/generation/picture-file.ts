/** Picture file: the PNG of a finished picture under a name of its prompt, and the record of how it was made. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Rights } from '../../../shared/protocol/concept.ts';
import { promptText } from '../../concepts/resolved-prompt.ts';
import type { GenerationRecord } from '../../images/records/generation-record.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import { type SamplingSettings, usualGuidanceResidual } from '../../pipeline/settings.ts';
import { USER_MODES, writeFileAtomically } from '../../storage/atomic-file.ts';
import type { GenerateRequest } from '../requests.ts';
import { strengthOf } from './composition.ts';
import type { PlannedPainting } from './painting.ts';
import type { FinishedProduct } from './product-placing.ts';
import type { MentionedConcept } from './prompt.ts';

/** The picture that a larger one was made from. */
type UpscaleRecord = {
  readonly width: number;
  readonly height: number;
  readonly seed?: number;
  readonly factor: number;
  readonly strength: number;
  /** Network that enlarged it; absent where it was resampled. */
  readonly by?: string;
};

interface MadePicture {
  readonly seed: number;
  readonly settings: SamplingSettings;
  readonly mentioned: readonly MentionedConcept[];
  /** Facts of a product that kept its pixels. */
  readonly product?: ProductFacts | undefined;
}

type ProductFacts = Pick<FinishedProduct, 'lightDegrees' | 'changedPixels'>;

/** Gives the file's path. @throws LikenessError `storage` */
export async function savePicture(
  folder: string,
  png: Uint8Array,
  { seed, request }: { readonly seed: number; readonly request: GenerateRequest },
): Promise<string> {
  const file = freeName(folder, stemOf(request, seed));
  await writeFileAtomically(file, png, USER_MODES);
  return file;
}

function stemOf({ prompt, upscale }: GenerateRequest, seed: number): string {
  if (upscale?.factor === 1) return `${upscale.name}-product`;
  return upscale ? `${upscale.name}-${upscale.factor}x` : `${pictureName(promptText(prompt))}-${seed}`;
}

/** The same prompt and seed with another mask is a comparison: nothing is written over. */
function freeName(folder: string, stem: string): string {
  for (let copy = 1; ; copy++) {
    const file = join(folder, copy === 1 ? `${stem}.png` : `${stem}-${copy}.png`);
    if (!existsSync(file)) return file;
  }
}

/** A name of the prompt's own words, so that a folder of pictures can be read. */
function pictureName(prompt: string): string {
  const words = prompt.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-');
  return words.replaceAll(/^-+|-+$/g, '').slice(0, 60) || 'picture';
}

/** The record that a PNG carries. */
export function recordOf(
  { seed, settings, mentioned, product }: MadePicture,
  { identity, loras, precision }: LoadedModel,
  request: GenerateRequest,
  planned?: PlannedPainting,
  upscaled?: UpscaleRecord,
): GenerationRecord {
  return {
    prompt: promptText(request.prompt),
    negativePrompt: request.negativePrompt ?? '',
    seed,
    steps: settings.steps,
    sampler: settings.sampler,
    guidance: settings.guidanceScale,
    model: { name: identity.name, ...(identity.hash === undefined ? {} : { sha256: identity.hash }) },
    concepts: mentioned.map(({ id, fit, concept: { name, version, rights, baseModel } }) => ({
      id,
      name,
      version,
      strength: strengthOf(request, name),
      ...(fit.kind === 'other' && { taughtOn: baseModel.name }),
      // Read from JSON, where nothing is undefined.
      rights: rights as Rights,
    })),
    ...(loras.length > 0 && {
      loras: loras.map(({ name, sha256, weight }) => ({ name, sha256, weight })),
    }),
    settings: {
      mask: settings.mask,
      guidanceResidual: settings.guidanceResidual ?? usualGuidanceResidual(settings),
      ...compositionRecord(request, planned),
      ...(upscaled && { upscaled: { ...upscaled } }),
      ...productRecord(request, product),
      ...(precision === 'fp16' && { precision }),
    },
  };
}

/** All that is needed to make the picture again beside the pictures that it started from; none for one from noise. */
function compositionRecord(
  { regions = [], keepRest, together, productOnly }: GenerateRequest,
  planned: PlannedPainting | undefined,
): GenerationRecord['settings'] {
  const init = planned && {
    width: planned.original.width,
    height: planned.original.height,
    strength: planned.strength,
    painted: planned.mask === undefined ? 'all' : 'mask',
    region: { ...planned.frame.region },
  };
  return {
    ...(init && { init }),
    ...(regions.length > 0 && { regions: regions.map((region) => definedFields(region)) }),
    ...(keepRest !== undefined && regions.length > 0 && { keepRest }),
    ...(productOnly && { productOnly: productOnly.network === undefined ? 'mask' : 'matting' }),
    ...(together !== undefined && { together }),
  };
}

/** Place of a product, and that it kept its pixels. */
function productRecord(
  { product: spec }: GenerateRequest,
  facts: ProductFacts | undefined,
): GenerationRecord['settings'] {
  if (spec === undefined || facts === undefined) return {};
  const { lightDegrees, changedPixels } = facts;
  const { picture: _, layers: __, layout, box, ...own } = spec;
  const places = { ...(layout && { layout: { ...layout } }), ...(box && { box: { ...box } }) };
  return { product: { ...definedFields(own), ...places, lightDegrees, changedPixels } };
}

function definedFields(fields: object): Readonly<Record<string, string | number>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
