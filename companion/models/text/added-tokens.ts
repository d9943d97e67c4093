/**
 * Added tokens of a tokenizer: text that is one token as a whole, cut out before words are looked for. Special tokens are
 * such, and the words of textual inversions. The files that name them, and their order, are transformers'.
 */

import { z } from 'zod';

const addedToken = z.looseObject({
  content: z.string(),
  normalized: z.boolean().default(false),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  special: z.boolean().default(false),
});

/** `added_tokens` of tokenizer.json. */
export const addedTokenList = z.array(addedToken.extend({ id: z.int().min(0) }));

export type AddedToken = z.infer<typeof addedTokenList>[number];

/** `added_tokens_decoder` of tokenizer_config.json: tokens by id. */
export const addedTokensDecoder = z
  .record(z.string().regex(/^\d+$/), addedToken)
  .transform((tokens) => Object.entries(tokens).map(([id, token]) => ({ ...token, id: Number(id) })));

/** added_tokens.json: ids by token. */
export const addedTokensFile = z.record(z.string(), z.int().min(0));

interface AddedTokenSources {
  /** Those of tokenizer.json, or of the definition put together for it. */
  readonly defined: readonly AddedToken[];
  /** `added_tokens_decoder`; where it is there, added_tokens.json is not read. */
  readonly decoder: readonly AddedToken[] | undefined;
  readonly file: Readonly<Record<string, number>> | undefined;
  /** BOS, EOS, padding and further ones by their text. */
  readonly special: readonly string[];
  readonly vocab: Readonly<Record<string, number>>;
}

/**
 * All of them, each once. Special tokens count even where no list names them: a model whose padding is "!" reads every "!"
 * as padding, alone, since it was trained so.
 */
export function addedTokens({ defined, decoder, file, special, vocab }: AddedTokenSources): AddedToken[] {
  const isSpecial = (content: string) => special.includes(content);
  const plain = { single_word: false, lstrip: false, rstrip: false };
  const legacy = Object.entries(file ?? {}).map(([content, id]) => ({
    ...plain,
    id,
    content,
    normalized: !isSpecial(content),
    special: isSpecial(content),
  }));
  const tokens = new Map<string, AddedToken>();
  for (const token of [...defined, ...(decoder ?? legacy)]) {
    if (!tokens.has(token.content)) tokens.set(token.content, token);
  }
  for (const content of special) {
    const id = vocab[content];
    if (id === undefined || tokens.has(content)) continue;
    tokens.set(content, { ...plain, id, content, normalized: false, special: true });
  }
  return [...tokens.values()];
}
