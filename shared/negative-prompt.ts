/**
 * negativePromptHint: said where a negative prompt has no effect, since guidance of 1 reads the prompt alone, and a model that is
 * told the guidance reads it alone at any.
 */

const UNGUIDED = 'The negative prompt has no effect at guidance 1. Raise guidance, or leave it out.';
const EMBEDDED =
  'The negative prompt has no effect: this model is told the guidance, and reads the prompt alone. Leave it out.';

export interface GuidanceUse {
  readonly guidanceScale: number;
  /** True for a model that is told the guidance. */
  readonly embedsGuidance?: boolean | undefined;
}

/** Undefined where there is none, or where it has an effect. */
export function negativePromptHint(
  negativePrompt: string,
  { guidanceScale, embedsGuidance }: GuidanceUse,
): string | undefined {
  if (negativePrompt.trim() === '') return undefined;
  if (embedsGuidance) return EMBEDDED;
  return guidanceScale <= 1 ? UNGUIDED : undefined;
}
