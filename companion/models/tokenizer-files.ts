/**
 * A CLIP tokenizer's folder: `tokenizer.json` where there is one, else the same definition put together
 * from `vocab.json` and `merges.txt`, which is all that most checkpoints carry. `merges.txt` alone is enough where the
 * vocabulary is CLIP's own.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { clipVocabulary } from './clip-vocabulary.ts';

/** A special token is written as its text alone, or as an object with matching options. */
const specialToken = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform((t) => t.content),
]);

const specialTokens = z.object({
  bos_token: specialToken.optional(),
  eos_token: specialToken.optional(),
  pad_token: specialToken.optional(),
  unk_token: specialToken.optional(),
});

const tokenizerConfig = specialTokens.extend({
  // Exporters write 10^30 for "no limit": not usable here, so CLIP's own limit holds then.
  model_max_length: z.number().min(3).optional(),
  added_tokens_decoder: z.unknown().optional(),
});

const vocabulary = z.record(z.string(), z.int().min(0));

const definition = z.looseObject({
  model: z.looseObject({ type: z.literal('BPE').optional(), vocab: vocabulary }),
  added_tokens: z.array(z.looseObject({ id: z.int().min(0), content: z.string() })).default([]),
});

export interface TokenizerFiles {
  /** What a tokenizer.json holds. */
  readonly definition: z.infer<typeof definition>;
  readonly bosToken: string;
  readonly eosToken: string;
  readonly padToken: string;
  readonly modelMaxLength: number;
}

/** The number of positions of every CLIP text model, for configs that name none. */
const CLIP_POSITIONS = 77;
const CLIP_BOS = '<|startoftext|>';
const CLIP_EOS = '<|endoftext|>';

/** How CLIP cuts a text into words, before byte pairs are merged within each (Radford et al. 2021). */
const CLIP_WORDS = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** @throws LikenessError checkpoint-missing or checkpoint-format */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const special = (await readJson(folder, 'special_tokens_map.json', specialTokens)) ?? {};
  const config: z.infer<typeof tokenizerConfig> =
    (await readJson(folder, 'tokenizer_config.json', tokenizerConfig)) ?? {};
  // transformers' order: the map was a file of its own until the config held everything. Stable Diffusion 2.x pads with
  // the map's "!", whatever its config says.
  const named =
    config.added_tokens_decoder === undefined ? { ...config, ...special } : { ...special, ...config };
  const eosToken = named.eos_token ?? CLIP_EOS;
  const names = {
    bosToken: named.bos_token ?? CLIP_BOS,
    eosToken,
    padToken: named.pad_token ?? eosToken,
  };
  const unkToken = named.unk_token ?? eosToken;
  const whole = await readJson(folder, 'tokenizer.json', definition);
  const limit = config.model_max_length ?? CLIP_POSITIONS;
  return {
    ...names,
    modelMaxLength: Math.min(limit, CLIP_POSITIONS),
    definition: whole ?? (await assemble(folder, names, unkToken)),
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
  // The first line is the format's version. A merge may hold '#', so only that line is a comment.
  const merges = text
    .split(/\r?\n/)
    .filter((line, index) => line !== '' && !(index === 0 && line.startsWith('#version')));
  const vocab =
    (await readJson(folder, 'vocab.json', vocabulary)) ??
    clipVocabulary(merges, [names.bosToken, names.eosToken]);
  const id = (token: string): number => {
    const found = vocab[token];
    if (found !== undefined) return found;
    throw new LikenessError('checkpoint-format', `${folder}/vocab.json: no token ${token}`);
  };
  const [bos, eos] = [id(names.bosToken), id(names.eosToken)];
  const plain = { single_word: false, lstrip: false, rstrip: false, special: true };
  return definition.parse({
    version: '1.0',
    added_tokens: [
      { id: bos, content: names.bosToken, normalized: true, ...plain },
      { id: eos, content: names.eosToken, normalized: false, ...plain },
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
      sep: [names.eosToken, eos],
      cls: [names.bosToken, bos],
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
  });
}

async function readJson<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll('\n', ' ') : String(cause);
    throw new LikenessError('checkpoint-format', `${join(folder, name)}: ${reason}`, { cause });
  }
}

/** Undefined where there is no such file. */
async function readText(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LikenessError('checkpoint-missing', `${join(folder, name)} cannot be read`, { cause });
  }
}
