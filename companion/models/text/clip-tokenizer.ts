/**
 * CLIP's tokenizer (Radford et al. 2021) in the terms of a tokenizer.json, as transformers builds it in code from a
 * vocabulary and its merges. The vocabulary follows from the merges: the bytes, the bytes at the end of a word, the
 * result of each merge, and the two special tokens.
 */

import { LikenessError } from '../../../shared/errors.ts';
import type { AddedToken } from './added-tokens.ts';

interface SpecialToken {
  readonly content: string;
  readonly id: number;
}

export interface ClipVocabulary {
  /** Ids by token; a token that ends a word carries `</w>`. */
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs, "i n", the most frequent first. */
  readonly merges: readonly string[];
  readonly bos: SpecialToken;
  readonly eos: SpecialToken;
  readonly unkToken: string;
}

/** Marks the end of a word. */
const WORD_END = '</w>';

/** Words that CLIP cuts a text into, before byte pairs are merged within each. */
const CLIP_WORDS = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

export function clipDefinition({ vocab, merges, bos, eos, unkToken }: ClipVocabulary) {
  const special = { single_word: false, lstrip: false, rstrip: false, special: true };
  return {
    version: '1.0',
    added_tokens: [
      { ...bos, normalized: true, ...special },
      { ...eos, normalized: false, ...special },
    ],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: CLIP_WORDS }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [eos.content, eos.id],
      cls: [bos.content, bos.id],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
    model: {
      type: 'BPE',
      unk_token: unkToken,
      continuing_subword_prefix: '',
      end_of_word_suffix: WORD_END,
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}

/** @param merges two pieces each, "i n" */
export function clipVocabulary(
  merges: readonly string[],
  special: readonly string[],
): Readonly<Record<string, number>> {
  const bytes = byteCharacters();
  const tokens = [
    ...bytes,
    ...bytes.map((character) => character + WORD_END),
    ...merges.map((merge) => merge.replace(' ', '')),
    ...special,
  ];
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

/** Byte-level BPE writes each byte as a character that can be seen: itself where it is one, else one from 256 on. */
function byteCharacters(): string[] {
  const visible: string[] = [];
  let invisible = 0;
  const replaced: string[] = [];
  for (let byte = 0; byte < 256; byte++) {
    const isVisible = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
    if (isVisible) visible.push(String.fromCharCode(byte));
    else replaced.push(String.fromCharCode(256 + invisible++));
  }
  return [...visible, ...replaced];
}

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
