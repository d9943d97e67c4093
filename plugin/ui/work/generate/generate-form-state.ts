/** GenerateFormState: the draft of the next pictures, also between two runs of the plugin. */

import { batch, effect, type Signal, signal } from '@preact/signals';
import { parsedJson } from '../../../../shared/json-text.ts';
import { type ConceptSummary, conceptReferenceSchema } from '../../../../shared/protocol/concept.ts';
import { loraChoicesSchema } from '../../../../shared/protocol/lora.ts';
import {
  GUIDANCE_RESIDUALS,
  generateRequestSchema,
  MASK_MODES,
  PRECISION_CHOICES,
} from '../../../../shared/protocol/requests.ts';
import { z } from '../../../../shared/protocol/zod.ts';
import { emptyGenerate, type GenerateDraft } from '../drafts.ts';
import { inPresentNames, nameProblem, withProduct } from './prompt-names.ts';

/** Stored when typing pauses, not at each letter; sooner than a hand is at the canvas. */
const TYPING_MS = 250;

/** The draft of the next pictures, and the way back from a draft that took its place. */
export class GenerateFormState {
  readonly draft: Signal<GenerateDraft> = signal(emptyGenerate());
  /** The draft before other settings came; until pictures are made from them. */
  readonly replaced: Signal<GenerateDraft | undefined> = signal(undefined);

  /** True until there is a concept, for a person of whom nothing was ever stored. */
  #isNew = false;

  /** Settings of a job or a variant. */
  replace(draft: GenerateDraft): void {
    const before = this.draft.value;
    batch(() => {
      this.draft.value = draft;
      if (before.prompt.trim() !== '' && before.prompt !== draft.prompt) this.replaced.value = before;
    });
  }

  /** The product in the prompt, in its newest version; the rest stays as it is. */
  use(name: string): void {
    const { prompt, versions, ...rest } = this.draft.value;
    this.replace({
      ...rest,
      prompt: withProduct(prompt, name),
      versions: versions.filter((version) => version.name !== name),
    });
  }

  /** True where nothing is missing and every name can be used. */
  isComplete(concepts: readonly ConceptSummary[]): boolean {
    const draft = this.draft.value;
    return draft.prompt.trim() !== '' && nameProblem(draft, concepts) === undefined;
  }

  undo(): void {
    batch(() => {
      this.draft.value = this.replaced.value ?? this.draft.value;
      this.replaced.value = undefined;
    });
  }

  /** Takes up what an earlier run of the plugin stored, and stores what follows. */
  keep(stored: string | null, store: (text: string) => void): void {
    this.#isNew = stored === null;
    const draft = stored === null ? undefined : parseDraft(stored);
    if (draft !== undefined) this.draft.value = draft;
    let timer: ReturnType<typeof setTimeout> | undefined;
    effect(() => {
      const text = JSON.stringify(this.draft.value);
      clearTimeout(timer);
      timer = setTimeout(() => store(text), TYPING_MS);
    });
  }

  /**
   * Follows the names of the library. Who has never written a prompt finds one typed in: the first picture is a click away.
   * @param places scenes that the model knows
   */
  follow(concepts: readonly ConceptSummary[], places: readonly string[]): void {
    const draft = inPresentNames(this.draft.value, concepts);
    const first = concepts.find(({ usable }) => usable);
    if (!this.#isNew || first === undefined) {
      this.draft.value = draft;
      return;
    }
    this.#isNew = false;
    const prompt = [`@${first.name}`, ...places.slice(0, 1)].join(' ');
    this.draft.value = draft.prompt === '' ? { ...draft, prompt } : draft;
  }
}

const pixels = z.int().positive();
const canvasPixels = z.number().positive();
const share = z.number().min(0).max(1);
const { count, seed, strength } = generateRequestSchema.shape;

const draftSchema = z.object({
  prompt: z.string(),
  negativePrompt: z.string(),
  count,
  size: z.discriminatedUnion('type', [
    z.object({ type: z.literal('model') }),
    z.object({ type: z.literal('frame') }),
    z.object({
      type: z.literal('layout'),
      nodeId: z.string(),
      name: z.string(),
      width: canvasPixels,
      height: canvasPixels,
    }),
    z.object({ type: z.literal('fixed'), width: pixels, height: pixels }),
  ]),
  seed,
  seedLocked: z.boolean(),
  strength,
  mask: z.enum(MASK_MODES).nullable(),
  steps: z.int().positive().nullable(),
  guidanceScale: z.number().nullable(),
  /** Drafts of earlier versions have none. */
  guidanceResidual: z.enum(GUIDANCE_RESIDUALS).nullable().default(null),
  precision: z.enum(PRECISION_CHOICES).nullable().default(null),
  loras: loraChoicesSchema.default([]),
  versions: z.array(conceptReferenceSchema),
  regions: z
    .array(
      z.object({
        concept: z.string(),
        layer: z.string(),
        x: share,
        y: share,
        width: share,
        height: share,
        strength: strength.nullable(),
        feather: share.nullable(),
      }),
    )
    .default([]),
  keepRest: z.boolean().nullable().default(null),
});

/** Undefined for what another version of the plugin stored. */
function parseDraft(text: string): GenerateDraft | undefined {
  return draftSchema.safeParse(parsedJson(text)).data;
}
