/** ActingSettings: the settings that change something about the next pictures. The others are not shown: they would do nothing. */

import { mentionedNames } from '../../../../shared/mentions.ts';
import type { MaskMode } from '../../../../shared/protocol/requests.ts';
import type { GenerateDraft } from '../drafts.ts';

export interface ActingSettings {
  /** A scene is as large as the layout around its product. */
  readonly size: boolean;
  /** Places of products in the picture; a scene leaves them out. */
  readonly places: boolean;
  readonly strength: boolean;
  readonly mask: boolean;
  readonly guidanceResidual: boolean;
  /** There is a choice where the device works in several. */
  readonly precision: boolean;
  /** Shown with its hint where it is written and does nothing. */
  readonly negativePrompt: boolean;
}

interface Surroundings {
  /** The pictures are scenes around a product that keeps its pixels. */
  readonly isScene: boolean;
  /** Those that the device works in. */
  readonly precisions: readonly string[];
  /** Those of the model with the chosen styles. */
  readonly defaults:
    | {
        readonly mask: MaskMode;
        readonly guidanceScale: number;
        /** True for a model that is told the guidance, and reads the prompt alone. */
        readonly embedsGuidance?: boolean | undefined;
      }
    | undefined;
}

export function actingSettings(
  draft: GenerateDraft,
  { isScene, precisions, defaults }: Surroundings,
): ActingSettings {
  const { prompt, negativePrompt, regions } = draft;
  const names = mentionedNames(prompt);
  // What is not written yet will mention a product, unless it is of a scene.
  const hasConcept = names.length > 0 || (prompt.trim() === '' && !isScene);
  const acts = hasConcept && (draft.mask ?? defaults?.mask) !== 'off';
  const own = isScene ? [] : regions.filter(({ strength }) => strength !== null);
  const isEachItsOwn = names.length > 0 && names.every((name) => own.some(({ concept }) => concept === name));
  // At 1 there is one half of guidance.
  const isGuided = !defaults?.embedsGuidance && (draft.guidanceScale ?? defaults?.guidanceScale ?? 1) > 1;
  return {
    size: !isScene,
    places: acts && !isScene,
    strength: acts && !isEachItsOwn,
    mask: hasConcept,
    guidanceResidual: acts && isGuided,
    precision: precisions.length > 1,
    negativePrompt: isGuided || negativePrompt.trim() !== '',
  };
}

/** Number of entries under "More settings" that act and are not as recommended. A mask that was chosen as the model recommends it is no change. */
export function changedGenerateOptions(
  draft: GenerateDraft,
  recommended: MaskMode | undefined,
  acting: Pick<ActingSettings, 'mask' | 'guidanceResidual' | 'precision'>,
): number {
  const mask = draft.mask === recommended || !acting.mask ? null : draft.mask;
  const { steps, guidanceScale, negativePrompt } = draft;
  const guidanceResidual = acting.guidanceResidual ? draft.guidanceResidual : null;
  const precision = acting.precision ? draft.precision : null;
  const loras = draft.loras.length > 0 || null;
  const negative = negativePrompt.trim() || null;
  const options = [mask, steps, guidanceScale, guidanceResidual, precision, negative, loras];
  return options.filter((value) => value !== null).length;
}
