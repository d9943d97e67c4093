/**
 * Prompts as people write them, `@aurora on a beach`, and as the model reads them, `zqx bottle on a beach`.
 */

import { LikenessError } from '../../shared/errors.ts';
import type { TextSpan, Tokenizer } from './text/tokenizer.ts';

export interface NamedConcept {
  /** What follows the @; letter case does not matter. May hold spaces. */
  readonly name: string;
  readonly identifier: string;
  /** One or more words, such as "coffee mug". */
  readonly classWord: string;
}

export interface ParsedPrompt {
  /** What the text encoder gets. */
  readonly text: string;
  /** Where each mentioned concept's identifier and class word stand in `text`, by the concept's name. */
  readonly mentions: ReadonlyMap<string, readonly TextSpan[]>;
}

/** A mention does not follow a word (an e-mail address) or another @; accents belong to their letter. */
const MENTION = /(?<![\p{L}\p{M}\p{N}_@])@(?=[\p{L}\p{N}_])/gu;
const WORD_GOES_ON = /^[\p{L}\p{M}\p{N}_]|^-[\p{L}\p{N}]/u;
const WORD = /^[\p{L}\p{M}\p{N}_]+(?:-[\p{L}\p{N}]+)*/u;

/**
 * Replaces every `@name` by the concept's identifier and class word. The longest name that fits wins, and
 * it must end where a word ends.
 *
 * @throws LikenessError concept-unknown for an @ that names no concept
 */
export function parseMentions(prompt: string, concepts: readonly NamedConcept[]): ParsedPrompt {
  const longestFirst = concepts.toSorted((a, b) => b.name.length - a.name.length);
  const mentions = new Map<string, TextSpan[]>();
  let text = '';
  let read = 0;
  for (const { index } of prompt.matchAll(MENTION)) {
    const rest = prompt.slice(index + 1);
    const concept = longestFirst.find(({ name }) => startsWithName(rest, name));
    if (concept === undefined) throw unknownConcept(rest, concepts);
    text += prompt.slice(read, index);
    const start = text.length;
    text += `${concept.identifier} ${concept.classWord}`;
    const spans = mentions.get(concept.name) ?? [];
    mentions.set(concept.name, [...spans, { start, end: text.length }]);
    read = index + 1 + concept.name.length;
  }
  return { text: text + prompt.slice(read), mentions };
}

/** Token positions of every mentioned concept in the encoded text, by the concept's name. */
export function conceptTokens(
  tokenizer: Tokenizer,
  { text, mentions }: ParsedPrompt,
): ReadonlyMap<string, readonly number[]> {
  return new Map([...mentions].map(([name, spans]) => [name, tokenizer.tokenIndexes(text, spans)]));
}

function startsWithName(text: string, name: string): boolean {
  const start = text.slice(0, name.length);
  return start.toLowerCase() === name.toLowerCase() && !WORD_GOES_ON.test(text.slice(name.length));
}

function unknownConcept(rest: string, concepts: readonly NamedConcept[]): LikenessError {
  const word = WORD.exec(rest)![0];
  const names = concepts.map(({ name }) => name);
  const near = names.filter((name) => editDistance(name.toLowerCase(), word.toLowerCase()) <= 2);
  const known =
    names.length === 0 ? 'there are none yet' : `known are ${names.map((name) => `@${name}`).join(', ')}`;
  const advice =
    near.length === 0
      ? 'Teach the concept first, or write the prompt without the @.'
      : `Did you mean @${near[0]}?`;
  return new LikenessError('concept-unknown', `no concept is named @${word}; ${known}`, { advice });
}

/** Levenshtein 1966: insertions, deletions and substitutions between two words. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (letter === b[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
