/** Text to token ids, as the checkpoint's own tokenizer gives them: CLIP's byte-level BPE. */

import { Tokenizer as BytePairs } from '@huggingface/tokenizers';
import { LikenessError } from '../../../shared/errors.ts';
import { readTokenizerFiles } from './tokenizer-files.ts';

/** Character positions in a text (UTF-16 code units), end exclusive. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

interface EncodedPrompt {
  /** Length `modelMaxLength`: BOS, the text's tokens, EOS, padding. */
  readonly ids: readonly number[];
  /** Tokens without padding, BOS and EOS counted; at most `modelMaxLength`. */
  readonly tokenCount: number;
  /** Number of tokens of the text that did not fit. */
  readonly truncated: number;
  /** Text that did not fit, as the tokenizer spells it (lower case); empty where all fitted. */
  readonly droppedText: string;
}

export interface Tokenizer {
  readonly modelMaxLength: number;
  readonly vocabularySize: number;
  readonly bosId: number;
  readonly eosId: number;
  readonly padId: number;
  encode(text: string): EncodedPrompt;
  /** Ids of the text alone: no BOS, no EOS, no padding, no limit. */
  words(text: string): readonly number[];
  /**
   * Positions in `encode(text).ids` of the tokens that the spans of the text become, rising.
   * Tokens beyond the limit are left out.
   *
   * @throws LikenessError input where a span begins or ends within a word
   */
  tokenIndexes(text: string, spans: readonly TextSpan[]): readonly number[];
  /** Text of a token, which the vocabulary spells like `bottle</w>`. */
  tokenId(token: string): number | undefined;
  token(id: number): string | undefined;
}

/**
 * @param padToken in place of the one that the folder names
 * @throws LikenessError checkpoint-missing or checkpoint-format
 */
export async function openTokenizer(folder: string, padToken?: string): Promise<Tokenizer> {
  const files = await readTokenizerFiles(folder, padToken);
  const { modelMaxLength } = files;
  const pairs = bytePairs(folder, files.definition);
  const idOf = (token: string): number => {
    const id = pairs.token_to_id(token);
    if (id !== undefined) return id;
    throw new LikenessError(
      'checkpoint-format',
      `${folder}: the vocabulary lacks the special token ${token}`,
    );
  };
  const [bosId, eosId, padId] = [idOf(files.bosToken), idOf(files.eosToken), idOf(files.padToken)];
  const room = modelMaxLength - 2; // for BOS and EOS

  const words = (text: string): readonly number[] => pairs.encode(text, { add_special_tokens: false }).ids;

  return {
    modelMaxLength,
    vocabularySize: pairs.get_vocab().size,
    bosId,
    eosId,
    padId,
    words,
    tokenId: (token) => pairs.token_to_id(token),
    token: (id) => pairs.id_to_token(id),

    encode(text) {
      const all = words(text);
      const dropped = all.slice(room);
      const ids = [bosId, ...all.slice(0, room), eosId];
      const padding = new Array<number>(modelMaxLength - ids.length).fill(padId);
      return {
        ids: [...ids, ...padding],
        tokenCount: ids.length,
        truncated: dropped.length,
        droppedText: dropped.length === 0 ? '' : pairs.decode([...dropped]).trim(),
      };
    },

    tokenIndexes(text, spans) {
      const indexes = spans.flatMap((span) => indexesOf(text, span, words));
      return [...new Set(indexes)].filter((index) => index <= room).sort((a, b) => a - b);
    },
  };
}

/** Positions of one span's tokens, BOS counted. Merges never cross words, so a text cut between words encodes piece by piece. */
function indexesOf(
  text: string,
  { start, end }: TextSpan,
  words: (text: string) => readonly number[],
): readonly number[] {
  const whole = words(text);
  const before = words(text.slice(0, start));
  const inside = words(text.slice(start, end));
  const after = words(text.slice(end));
  const isWhole = before.length + inside.length + after.length === whole.length;
  if (!isWhole || inside.some((id, index) => id !== whole[before.length + index])) {
    const subject = JSON.stringify(text.slice(start, end));
    throw new LikenessError('input', `${subject} is part of a longer word in ${JSON.stringify(text)}`, {
      advice: 'Put a space before and after it.',
    });
  }
  return inside.map((_, index) => 1 + before.length + index);
}

function bytePairs(folder: string, definition: object): BytePairs {
  try {
    // No config: it would only decide how decoded text is tidied up.
    return new BytePairs(definition, {});
  } catch (cause) {
    throw new LikenessError('checkpoint-format', `${folder}: not a tokenizer this program can read`, {
      cause,
    });
  }
}
