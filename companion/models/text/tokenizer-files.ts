/**
 * A CLIP tokenizer's folder: `tokenizer.json` where there is one, else the same definition put together
 * from `vocab.json` and `merges.txt`, which is all that most checkpoints carry. `merges.txt` alone is enough where the
 * vocabulary is CLIP's own.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LikenessError } from '../../../shared/errors.ts';
import { clipDefinition, clipVocabulary } from './clip-tokenizer.ts';

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
  /** Contents of a tokenizer.json. */
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

/** @throws LikenessError checkpoint-missing or checkpoint-format */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const special = (await readJson(folder, 'special_tokens_map.json', specialTokens)) ?? {};
  const config: z.infer<typeof tokenizerConfig> =
    (await readJson(folder, 'tokenizer_config.json', tokenizerConfig)) ?? {};
  // transformers' order: the map was a file of its own until the config held everything. Some models pad
  // with the map's "!", whatever its config says.
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
  const { bosToken, eosToken } = names;
  const merges = pairsOf(text);
  const vocab =
    (await readJson(folder, 'vocab.json', vocabulary)) ?? clipVocabulary(merges, [bosToken, eosToken]);
  const id = (token: string): number => {
    const found = vocab[token];
    if (found !== undefined) return found;
    throw new LikenessError('checkpoint-format', `${folder}/vocab.json: no token ${token}`);
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
