/**
 * Identifiers: the rare single tokens that stand for concepts in a prompt. Ham et al. 2024 name a concept
 * "V* CLASS"; a token that the model hardly met has no meaning to fight against (Ruiz et al. 2023,
 * arXiv 2208.12242, section 3.2).
 */

import { LikenessError } from '../../../shared/errors.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A whole word of three or four letters without a vowel: an abbreviation at most. */
const MEANINGLESS = /^([b-df-hj-np-tv-xz]{3,4})<\/w>$/;
/** For small vocabularies: any whole word of plain letters. */
const ANY_WORD = /^([a-z]{2,})<\/w>$/;

export interface IdentifierRequest {
  readonly count: number;
  /** Words that must not be used: other concepts' identifiers and the class words in the prompt. */
  readonly avoid?: readonly string[];
  /** Identifiers that the base model recommends, the best first. */
  readonly recommended?: readonly string[];
}

/**
 * Different identifiers, each exactly one token of every tokenizer: recommended ones first, then the rarest (byte-pair merges
 * are numbered by frequency, so the rarest tokens have the highest ids).
 *
 * @throws LikenessError input where the vocabulary has too few
 */
export function chooseIdentifiers(
  tokenizers: readonly Tokenizer[],
  { count, avoid, recommended = [] }: IdentifierRequest,
): readonly string[] {
  const avoided = new Set(avoid?.map((word) => word.toLowerCase()));
  const chosen = new Set<string>();
  for (const word of candidates(tokenizers[0]!, recommended)) {
    if (chosen.size === count) break;
    if (!avoided.has(word.toLowerCase()) && tokenizers.every((tokenizer) => isSingleToken(tokenizer, word)))
      chosen.add(word);
  }
  if (chosen.size < count) {
    const message = `${count} identifiers are needed, the model's vocabulary has ${chosen.size} that are free`;
    throw new LikenessError('input', message);
  }
  return [...chosen];
}

/** True where a word is read as one token, and not as the token for unknown text. */
export function isSingleToken(tokenizer: Tokenizer, word: string): boolean {
  const ids = tokenizer.words(word);
  return ids.length === 1 && ids[0] !== tokenizer.eosId && ids[0] !== tokenizer.bosId;
}

function* candidates(tokenizer: Tokenizer, recommended: readonly string[]): Generator<string> {
  yield* recommended;
  for (const pattern of [MEANINGLESS, ANY_WORD]) {
    for (let id = tokenizer.vocabularySize - 1; id >= 0; id--) {
      const word = pattern.exec(tokenizer.token(id) ?? '')?.[1];
      if (word !== undefined) yield word;
    }
  }
}
