/** CLIP's tokenizer in the terms of a tokenizer.json: what transformers builds in code from a vocabulary and its merges. */

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

/** How CLIP cuts a text into words, before byte pairs are merged within each (Radford et al. 2021). */
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
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}
