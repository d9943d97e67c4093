/** negativePromptHint: said where a negative prompt has no effect, since guidance of 1 reads the prompt alone. */

const HINT = 'The negative prompt has no effect at guidance 1. Raise guidance, or leave it out.';

/** Undefined where there is none, or where it has an effect. */
export function negativePromptHint(negativePrompt: string, guidanceScale: number): string | undefined {
  return negativePrompt.trim() !== '' && guidanceScale <= 1 ? HINT : undefined;
}
