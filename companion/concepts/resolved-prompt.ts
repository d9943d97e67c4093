/** ResolvedPrompt: a prompt's parts, and the concepts that its mentions name among those that are known. */

import { distance } from 'fastest-levenshtein';
import { LikenessError } from '../../shared/errors.ts';
import { mentionedNames, type PromptPart, parseMentions } from '../../shared/mentions.ts';

export interface ResolvedPrompt<Concept> {
  readonly parts: readonly PromptPart[];
  /** Each once, in the order in which they were given. */
  readonly concepts: readonly Concept[];
}

/** The prompt as it was written. */
export function promptText({ parts }: ResolvedPrompt<unknown>): string {
  return parts.map(({ text }) => text).join('');
}

/** Names at most this many letters apart are taken for slips of the hand. */
const MAX_SLIPS = 2;

/** @throws LikenessError `concept-unknown` for the first mention that names none of the known */
export function resolvePrompt<Concept extends { readonly name: string }>(
  prompt: string,
  known: readonly Concept[],
): ResolvedPrompt<Concept> {
  const parts = parseMentions(prompt);
  const mentioned = mentionedNames(prompt);
  const names = known.map(({ name }) => name);
  const unknown = parts.find(({ name }) => name !== undefined && !names.includes(name));
  if (unknown !== undefined) throw unknownConcept(unknown, names);
  return { parts, concepts: known.filter(({ name }) => mentioned.includes(name)) };
}

function unknownConcept({ text, name }: PromptPart, known: readonly string[]): LikenessError {
  const [near] = known
    .map((other) => ({ other, slips: distance(other, name!) }))
    .filter(({ slips }) => slips <= MAX_SLIPS)
    .sort((a, b) => a.slips - b.slips);
  const there =
    known.length === 0 ? 'there are none yet' : `known are ${known.map((other) => `@${other}`).join(', ')}`;
  const advice =
    near === undefined
      ? 'Teach the concept first, or write the prompt without the @.'
      : `Did you mean @${near.other}?`;
  return new LikenessError('concept-unknown', `no concept is named ${text}; ${there}`, { advice });
}
