/** unmatchedText: tensors of a LoRA that change nothing, counted and listed as far as a line holds them. */

import { escapeControlCharacters } from './failure.ts';
import { formatNumberOf } from './format.ts';

/** A line of a terminal; `--json` has all of them. */
const LISTED = 3;

export function unmatchedText(lora: string, names: readonly string[]): string {
  const listed = names.slice(0, LISTED).map(escapeControlCharacters).join(', ');
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  const count = formatNumberOf(names.length, 'tensor');
  return `${count} of ${lora} ${names.length === 1 ? 'has' : 'have'} no place in the model and ${names.length === 1 ? 'is' : 'are'} left out: ${listed}${more}`;
}
