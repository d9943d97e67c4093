/**
 * CLIP's tokenizer (Radford et al. 2021) in the terms of a tokenizer.json, as transformers builds it in code from a
 * vocabulary and its merges. The vocabulary follows from the merges: the bytes, the bytes at the end of a word, the
 * result of each merge, and the two special tokens.
 */

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
