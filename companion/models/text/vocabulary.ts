/** requireWholeVocabulary: a byte-pair vocabulary and its merges held to each other, so that a file cut short is found. */

import { LikenessError } from '../../../shared/errors.ts';
import type { AddedToken } from './added-tokens.ts';

interface BytePairVocabulary {
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs, "i n" or ["i", "n"]. */
  readonly merges: readonly (string | readonly string[])[];
  readonly added: readonly AddedToken[];
}

/** Words that no merge makes: a textual inversion may stand in a vocabulary, with some vectors; a cut takes thousands. */
const UNMADE_MAX = 100;

/**
 * Ids must be without a gap, and each merge's result a token, since a text would be read as other words in silence.
 *
 * @throws LikenessError `checkpoint-format`, with the file that is cut short and the first token that tells
 */
export function requireWholeVocabulary(
  { vocab, merges, added }: BytePairVocabulary,
  [vocabFile, mergesFile]: readonly [vocab: string, merges: string],
): void {
  const made = new Set(added.map(({ content }) => content));
  for (const merge of merges) {
    const token = typeof merge === 'string' ? merge.replace(' ', '') : merge.join('');
    if (vocab[token] === undefined)
      throw cutShort(vocabFile, `it lacks ${JSON.stringify(token)}, which ${mergesFile} makes`);
    made.add(token);
  }
  const numbers = Object.values(vocab);
  const ids = new Set([...numbers, ...added.map(({ id }) => id)]);
  const gap = Array.from({ length: numbers.length }, (_, id) => id).find((id) => !ids.has(id));
  if (gap !== undefined) throw cutShort(vocabFile, `no token has the id ${gap}, and some have higher ones`);
  const unmade = Object.keys(vocab).filter((token) => !made.has(token) && !isByte(token));
  if (unmade.length <= UNMADE_MAX) return;
  throw cutShort(
    mergesFile,
    `it makes ${unmade.length} tokens of ${vocabFile} not, ${JSON.stringify(unmade[0])} first`,
  );
}

/** One character stands for a byte; two code units may be one character. */
function isByte(token: string): boolean {
  return [...token.replace(/<\/w>$/, '')].length <= 1;
}

function cutShort(file: string, fault: string): LikenessError {
  return new LikenessError('checkpoint-format', `${file} is cut short: ${fault}`, {
    advice: 'Copy the whole tokenizer folder again from where the model came from.',
  });
}
