/**
 * TeachDraft and GenerateDraft: jobs that a person has entered but not started. Kept outside the views, so that looking
 * elsewhere loses nothing.
 */

import { type CanvasSize, type ImageSize, pictureSizeFor } from '../../../shared/geometry.ts';
import { mentionedNames } from '../../../shared/mentions.ts';
import type { ConceptReference } from '../../../shared/protocol/concept.ts';
import { newId } from '../../../shared/protocol/ids.ts';
import { SEED_MAX } from '../../../shared/protocol/limits.ts';
import type { LoraChoice } from '../../../shared/protocol/lora.ts';
import type {
  GenerateJobSpec,
  GuidanceResidual,
  MaskMode,
  PrecisionChoice,
} from '../../../shared/protocol/requests.ts';
import type { ModelSummary } from '../../../shared/protocol/server-messages.ts';
import { EMPTY_RIGHTS, type RightsDraft } from '../concepts/concept-edit.ts';
import { type DrawnRegion, drawnRegions, requestedRegions } from './generate/drawn-regions.ts';

export interface TeachDraft extends RightsDraft {
  readonly name: string;
  readonly classWord: string;
  /** Frames that are selected, but not to be learned from. */
  readonly left: ReadonlySet<string>;
  readonly mirror: boolean;
  /** The concept keeps its frames, to be taught again on another model. */
  readonly keepReferences: boolean;
  /** Null: as the model recommends. */
  readonly steps: number | null;
  /** Null: as the companion was started. */
  readonly precision: PrecisionChoice | null;
}

export type SizeChoice =
  | { readonly type: 'model' }
  /** Follows the selected frame. */
  | { readonly type: 'frame' }
  /** The proportions of the frame that concepts were placed in. Canvas pixels. */
  | {
      readonly type: 'layout';
      readonly nodeId: string;
      readonly name: string;
      readonly width: number;
      readonly height: number;
    }
  /** From a variant or a job that is used again. */
  | { readonly type: 'fixed'; readonly width: number; readonly height: number };

export interface GenerateDraft {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly count: number;
  readonly size: SizeChoice;
  readonly seed: number;
  readonly seedLocked: boolean;
  readonly strength: number;
  /** Null: as the model recommends. */
  readonly mask: MaskMode | null;
  readonly steps: number | null;
  readonly guidanceScale: number | null;
  readonly guidanceResidual: GuidanceResidual | null;
  /** Null: as the companion was started. */
  readonly precision: PrecisionChoice | null;
  /** Styles and accelerators, in the order in which they are merged. */
  readonly loras: readonly LoraChoice[];
  /** Versions to keep to, from a variant that is made again. */
  readonly versions: readonly ConceptReference[];
  /** Places of concepts in the picture. */
  readonly regions: readonly DrawnRegion[];
  /** Outside of all places the picture is to be the base model's; null: as the companion does it. */
  readonly keepRest: boolean | null;
}

/** The part of a teaching that stands under "More settings". */
export const EMPTY_TEACH_OPTIONS = {
  mirror: false,
  keepReferences: true,
  steps: null,
  precision: null,
  ...EMPTY_RIGHTS,
} as const;

export const EMPTY_TEACH: TeachDraft = {
  name: '',
  classWord: '',
  left: new Set(),
  ...EMPTY_TEACH_OPTIONS,
};

/** Number of entries under "More settings" that are not as recommended. */
export function changedTeachOptions(draft: TeachDraft): number {
  const keys = Object.keys(EMPTY_TEACH_OPTIONS) as (keyof typeof EMPTY_TEACH_OPTIONS)[];
  return keys.filter((key) => draft[key] !== EMPTY_TEACH_OPTIONS[key]).length;
}

/** The part of a generation that stands under "More settings". */
export const EMPTY_GENERATE_OPTIONS = {
  mask: null,
  steps: null,
  guidanceScale: null,
  guidanceResidual: null,
  precision: null,
  negativePrompt: '',
  loras: [],
} as const;

export function emptyGenerate(): GenerateDraft {
  return {
    prompt: '',
    count: 4,
    size: { type: 'model' },
    seed: newSeed(),
    seedLocked: false,
    strength: 1,
    ...EMPTY_GENERATE_OPTIONS,
    versions: [],
    regions: [],
    keepRest: null,
  };
}

/** The request for a draft. @param frame the selected frame, where there is one */
export function jobSpecOf(
  draft: GenerateDraft,
  model: ModelSummary,
  frame: CanvasSize | undefined,
): GenerateJobSpec {
  const { prompt, negativePrompt, count, seed, strength, steps, guidanceScale, guidanceResidual, loras } =
    draft;
  const size = chosenSize(draft.size, model, frame);
  const mentioned = mentionedNames(prompt);
  const used = draft.versions.filter(({ name }) => mentioned.includes(name));
  return {
    prompt: prompt.trim(),
    ...(negativePrompt.trim() === '' ? {} : { negativePrompt: negativePrompt.trim() }),
    ...(used.length === 0 ? {} : { concepts: used }),
    count,
    seed,
    ...(size === undefined ? {} : { size }),
    strength,
    mask: draft.mask ?? model.defaults.generate.mask,
    ...(steps === null ? {} : { steps }),
    ...(guidanceScale === null ? {} : { guidanceScale }),
    ...(guidanceResidual === null ? {} : { guidanceResidual }),
    ...(draft.precision === null ? {} : { precision: draft.precision }),
    ...(loras.length === 0 ? {} : { loras: [...loras] }),
    ...requestedRegions(draft),
  };
}

/** The draft that would make a request again. */
export function draftOf(spec: GenerateJobSpec, versions: readonly ConceptReference[]): GenerateDraft {
  return {
    prompt: spec.prompt,
    negativePrompt: spec.negativePrompt ?? '',
    count: spec.count,
    size: spec.size === undefined ? { type: 'model' } : { type: 'fixed', ...spec.size },
    seed: spec.seed,
    seedLocked: true,
    strength: spec.strength,
    mask: spec.mask,
    steps: spec.steps ?? null,
    guidanceScale: spec.guidanceScale ?? null,
    guidanceResidual: spec.guidanceResidual ?? null,
    precision: spec.precision ?? null,
    loras: spec.loras ?? [],
    versions,
    regions: drawnRegions(spec),
    keepRest: spec.keepRest ?? null,
  };
}

/** Image pixels; undefined for the model's own square. */
export function chosenSize(
  size: SizeChoice,
  model: ModelSummary,
  frame: CanvasSize | undefined,
): ImageSize | undefined {
  if (size.type === 'fixed') return { width: size.width, height: size.height };
  if (size.type === 'layout') return pictureSizeFor(size, model);
  return size.type === 'frame' && frame !== undefined ? pictureSizeFor(frame, model) : undefined;
}

export const newJobId = () => newId('job', crypto.getRandomValues(new Uint8Array(16)));
export const newImageId = () => newId('image', crypto.getRandomValues(new Uint8Array(16)));

/** Six digits: short enough to read out and to type again. */
export const newSeed = () => crypto.getRandomValues(new Uint32Array(1))[0]! % Math.min(1_000_000, SEED_MAX);
