/**
 * PeftSettings: the scale of a LoRA whose factors have no alpha beside them. diffusers puts it into the file's header,
 * and peft into a file of its own, `adapter_config.json`.
 */

import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { decodeText } from '../../shared/decoded-text.ts';
import { LikenessError } from '../../shared/errors.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import { FORMATS } from '../models/families/formats.ts';
import { readRegularFile } from '../storage/regular-file.ts';
import { parsePythonJson } from '../storage/text-file.ts';
import type { SafetensorsFile } from '../tensor/safetensors-file.ts';

/** diffusers' key in the header; its settings have the prefix of the network that they are of. */
export const PEFT_HEADER_KEY = 'lora_adapter_metadata';

/** The name under which peft saves factors, with its settings beside them. */
const PEFT_FILE = 'adapter_model.safetensors';
const PEFT_CONFIG = 'adapter_config.json';

/** A few KB in fact. */
const CONFIG_MAX_BYTES = 2 ** 20;

const settingsSchema = z.object({
  lora_alpha: z.number().nullish(),
  /** Alphas of single layers, by the end of their path. */
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  lora_bias: z.boolean().nullish(),
});

type Settings = z.infer<typeof settingsSchema>;

/** Multiplier of up * down by the layer, with underscores for dots, and the rank. */
export type ScaleOf = (layer: string, rank: number) => number;

/**
 * @param given the file's path before links were followed
 * @param network prefix of the network's settings in the header, which has those of several
 * @throws LikenessError `concept-format` for settings whose result would not be a multiple of up * down
 */
export async function peftScale(
  { path, metadata }: SafetensorsFile,
  given: string,
  network = FORMATS[0]!.lora.prefix,
): Promise<ScaleOf> {
  const settings = headerSettings(metadata, path, network) ?? (await siblingSettings(given));
  if (settings === undefined) return () => 1;
  const { lora_alpha: alpha, alpha_pattern: pattern, use_rslora, use_dora } = settings;
  if (use_dora) {
    throw refusal(path, 'it is a DoRA (use_dora), expected plain low-rank factors');
  }
  const own = Object.entries(pattern ?? {}).map(([key, value]) => [layerPattern(key, path), value] as const);
  return (layer, rank) => {
    const found = own.find(([end]) => layer === end || layer.endsWith(`_${end}`))?.[1] ?? alpha;
    if (found === undefined || found === null) return 1;
    // Rank-stabilised factors: Kalajdzievski 2023 (arXiv 2312.03732).
    return found / (use_rslora ? Math.sqrt(rank) : rank);
  };
}

/** peft takes a regular expression that a path ends on; what is more than a path is none that a file needs. */
function layerPattern(key: string, file: string): string {
  const path = key.replace(/^\^/, '').replace(/\$$/, '').replaceAll('\\.', '.');
  if (!/^[\w.]+$/.test(path)) {
    throw refusal(file, `alpha_pattern has the pattern ${JSON.stringify(key).slice(0, 80)}, expected a path`);
  }
  return path.replaceAll('.', '_');
}

function headerSettings(
  metadata: Readonly<Record<string, string>>,
  file: string,
  prefix: string,
): Settings | undefined {
  const json = metadata[PEFT_HEADER_KEY];
  if (json === undefined) return undefined;
  const subject = `${PEFT_HEADER_KEY}: `;
  const parsed = z.record(z.string(), z.unknown()).safeParse(parseJson(json, file, subject));
  if (!parsed.success) throw refusal(file, subject + issueText(parsed.error));
  const own = Object.entries(parsed.data).filter(([key]) => key.startsWith(`${prefix}.`));
  const fields = Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length + 1), value]));
  return parseSettings(fields, file, subject);
}

/** Settings beside a file that has peft's own name; a copy under another name has none. */
async function siblingSettings(file: string): Promise<Settings | undefined> {
  if (basename(file) !== PEFT_FILE) return undefined;
  const text = await readRegularFile(join(dirname(file), PEFT_CONFIG)).then(decodeText, absent);
  if (text === undefined) return undefined;
  if (text.length > CONFIG_MAX_BYTES) throw refusal(file, `${PEFT_CONFIG} has ${text.length} characters`);
  return parseSettings(parseJson(text, file, `${PEFT_CONFIG}: `), file, `${PEFT_CONFIG}: `);
}

/** A file that is not there has no settings; one that is there has a scale, which is not to be guessed. */
function absent(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
  throw new LikenessError('concept-format', `${PEFT_CONFIG} beside the LoRA cannot be read (${cause.code})`, {
    advice: 'Check that it is a file that belongs to you, or give the LoRA file another name.',
    cause,
  });
}

function parseSettings(fields: unknown, file: string, subject: string): Settings {
  const parsed = settingsSchema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw refusal(file, subject + issueText(parsed.error));
}

function parseJson(text: string, file: string, subject: string): unknown {
  try {
    return parsePythonJson(text);
  } catch {
    throw refusal(file, `${subject}expected JSON`);
  }
}

function refusal(file: string, fault: string): LikenessError {
  return new LikenessError('concept-format', `${file} cannot be used: ${fault}`, {
    advice: "Save it in kohya's format, which has an alpha beside each pair of factors.",
  });
}
