/**
 * A CLIP tokenizer's folder: `tokenizer.json` where there is one, else the same definition put together
 * from `vocab.json` and `merges.txt`, which is all that most checkpoints carry. `merges.txt` alone is enough where the
 * vocabulary is CLIP's own.
 */

import { join } from 'node:path';
import { z } from 'zod';
import { decodeText } from '../../../shared/decoded-text.ts';
import { LikenessError } from '../../../shared/errors.ts';
import { readRegularFile } from '../../storage/regular-file.ts';
import { parsePythonJson } from '../../storage/text-file.ts';
import { CLIP_POSITIONS } from '../layers/clip-text.ts';
import { addedTokenList, addedTokens, addedTokensDecoder, addedTokensFile } from './added-tokens.ts';
import { clipDefinition, clipVocabulary, requireWholeVocabulary } from './clip-tokenizer.ts';

/** A special token is written as its text alone, or as an object with matching options. */
const specialToken = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform((t) => t.content),
]);

const specialTokens = z.object({
  bos_token: specialToken.nullish(),
  eos_token: specialToken.nullish(),
  pad_token: specialToken.nullish(),
  unk_token: specialToken.nullish(),
  additional_special_tokens: z.array(specialToken).nullish(),
});

const tokenizerConfig = specialTokens.extend({
  // Exporters write 10^30 for "no limit": not usable here, so CLIP's own limit holds then.
  model_max_length: z.number().min(3).nullish(),
  added_tokens_decoder: addedTokensDecoder.optional(),
  tokenizer_class: z.string().nullish(),
});

/** transformers' names of a tokenizer that these files are of; those of version 5 may be general. */
const TOKENIZER_CLASSES = [
  'CLIPTokenizer',
  'CLIPTokenizerFast',
  'PreTrainedTokenizerFast',
  'TokenizersBackend',
] as const;

const vocabulary = z.record(z.string(), z.int().min(0));

const definition = z.looseObject({
  model: z.looseObject({
    type: z.literal('BPE').optional(),
    vocab: vocabulary,
    merges: z.array(z.union([z.string(), z.array(z.string()).length(2)])),
  }),
  added_tokens: addedTokenList.default([]),
});

export interface TokenizerFiles {
  /** Contents of a tokenizer.json. */
  readonly definition: z.infer<typeof definition>;
  readonly bosToken: string;
  readonly eosToken: string;
  readonly padToken: string;
  readonly modelMaxLength: number;
}

const CLIP_BOS = '<|startoftext|>';
const CLIP_EOS = '<|endoftext|>';

/**
 * @param padToken in place of the one that the folder names
 * @throws LikenessError checkpoint-missing or checkpoint-format
 */
export async function readTokenizerFiles(folder: string, padToken?: string): Promise<TokenizerFiles> {
  const special = (await readJson(folder, 'special_tokens_map.json', specialTokens)) ?? {};
  const config: z.infer<typeof tokenizerConfig> =
    (await readJson(folder, 'tokenizer_config.json', tokenizerConfig)) ?? {};
  const { tokenizer_class: tokenizerClass = 'CLIPTokenizer' } = config;
  if (tokenizerClass !== null && !(TOKENIZER_CLASSES as readonly string[]).includes(tokenizerClass)) {
    throw new LikenessError(
      'checkpoint-unsupported',
      `${join(folder, 'tokenizer_config.json')} describes ${JSON.stringify(tokenizerClass)}, expected CLIPTokenizer`,
      { advice: 'Use a model whose text encoder is CLIP: there is no graph for this one.' },
    );
  }
  // transformers' order: the map was a file of its own until the config held everything. Some models pad
  // with the map's "!", whatever its config says.
  const named =
    config.added_tokens_decoder === undefined ? { ...config, ...special } : { ...special, ...config };
  const eosToken = named.eos_token ?? CLIP_EOS;
  const names = {
    bosToken: named.bos_token ?? CLIP_BOS,
    eosToken,
    padToken: padToken ?? named.pad_token ?? eosToken,
  };
  const unkToken = named.unk_token ?? eosToken;
  const whole = await readJson(folder, 'tokenizer.json', definition);
  const defined = whole ?? (await assemble(folder, names, unkToken));
  const { vocab, merges } = defined.model;
  const added = addedTokens({
    defined: defined.added_tokens,
    decoder: config.added_tokens_decoder,
    file: await readJson(folder, 'added_tokens.json', addedTokensFile),
    special: [...Object.values(names), unkToken, ...(named.additional_special_tokens ?? [])],
    vocab,
  });
  const files = whole === undefined ? ['vocab.json', 'merges.txt'] : ['tokenizer.json', 'tokenizer.json'];
  const [vocabFile, mergesFile] = files.map((name) => join(folder, name)) as [string, string];
  requireWholeVocabulary({ vocab, merges, added }, [vocabFile, mergesFile]);
  return {
    ...names,
    modelMaxLength: Math.min(config.model_max_length ?? CLIP_POSITIONS, CLIP_POSITIONS),
    definition: { ...defined, added_tokens: added },
  };
}

type SpecialNames = Pick<TokenizerFiles, 'bosToken' | 'eosToken'>;

async function assemble(folder: string, names: SpecialNames, unkToken: string) {
  const text = await readText(folder, 'merges.txt');
  if (text === undefined) {
    throw new LikenessError('checkpoint-missing', `${folder}: no tokenizer.json and no merges.txt`, {
      advice: "Copy the checkpoint's whole tokenizer folder.",
    });
  }
  const { bosToken, eosToken } = names;
  const merges = pairsOf(text);
  const vocab =
    (await readJson(folder, 'vocab.json', vocabulary)) ?? clipVocabulary(merges, [bosToken, eosToken]);
  const id = (token: string): number => {
    const found = vocab[token];
    if (found !== undefined) return found;
    throw new LikenessError('checkpoint-format', `${join(folder, 'vocab.json')}: no token ${token}`, {
      advice:
        'It is cut short, or of another model: copy the whole tokenizer folder again from where the model came from.',
    });
  };
  return definition.parse(
    clipDefinition({
      vocab,
      merges,
      bos: { content: bosToken, id: id(bosToken) },
      eos: { content: eosToken, id: id(eosToken) },
      unkToken,
    }),
  );
}

/** The lines of merges.txt. The first is the format's version; a merge may hold '#', so only that line is a comment. */
function pairsOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  return lines.filter((line, index) => line !== '' && !(index === 0 && line.startsWith('#version')));
}

async function readJson<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  try {
    return schema.parse(parsePythonJson(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll('\n', ' ') : String(cause);
    throw new LikenessError('checkpoint-format', `${join(folder, name)}: ${reason}`, {
      advice: 'Copy the whole tokenizer folder again from where the model came from.',
      cause,
    });
  }
}

/** Undefined where there is no such file. */
async function readText(folder: string, name: string): Promise<string | undefined> {
  try {
    return decodeText(await readRegularFile(join(folder, name)));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (cause instanceof LikenessError) throw cause;
    throw new LikenessError('checkpoint-missing', `${join(folder, name)} cannot be read`, { cause });
  }
}
