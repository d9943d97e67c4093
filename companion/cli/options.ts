/**
 * Options of the command line: the ones that every command with a model has, and parsers of values. Commander reports a
 * refused value together with the option's name.
 */

import { existsSync } from 'node:fs';
import { CommanderError, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import type { ImageSize } from '../../shared/geometry.ts';
import { readSize, SIZE_EXAMPLES } from '../../shared/picture-size.ts';
import { newConceptNameSchema } from '../../shared/protocol/concept.ts';
import { GUIDANCE_RESIDUALS } from '../../shared/protocol/requests.ts';
import { conceptFactsSchema } from '../concepts/concept.ts';
import { DEFAULT_MODEL } from '../model-store/catalogue.ts';
import { FULL_SIZE_MODEL } from '../model-store/catalogue-entries.ts';
import { isRevision } from '../model-store/hub/address.ts';
import { DEVICES, type Device, type DevicePrecision, PRECISIONS } from '../runtime/device.ts';

/** As other tools have it: a seed can be carried over to them. */
export const MAX_SEED = 2 ** 32 - 1;

/** Pictures of one command: enough to choose from; more is another seed. */
export const MAX_COUNT = 64;

/** Noise levels that models are taught on; the panel's 200 is for people who wait beside it. */
const MAX_SAMPLING_STEPS = 1000;

/** Above the panel's 20, from which on pictures are burnt, for whoever measures that. */
const MAX_GUIDANCE = 50;

/** Twice the panel's, for the same reason. */
const MAX_STRENGTH = 4;

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  const schema = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(minimum).max(maximum));
  return parser(schema, `a whole number from ${minimum} to ${maximum}`);
}

export function decimal(minimum: number, maximum: number): (text: string) => number {
  const schema = z.string().regex(DECIMAL).transform(Number).pipe(z.number().min(minimum).max(maximum));
  return parser(schema, `a number from ${minimum} to ${maximum}`);
}

export const samplingSteps = wholeNumber(1, MAX_SAMPLING_STEPS);
export const guidance = decimal(1, MAX_GUIDANCE);
export const conceptStrength = decimal(0, MAX_STRENGTH);

/** From a tile of a model's latents to what Figma places. */
const side = z.coerce.number().int().min(16).max(4096);

/** "768x512", or a format's name. */
export function size(text: string): ImageSize {
  const schema = z.object({ width: side, height: side });
  return parser(
    schema,
    `a size in pixels such as ${SIZE_EXAMPLES}, each side from 16 to 4096`,
  )(readSize(text));
}

/** Cards of today have 1 to 200 GB, which are gibibytes on their boxes. */
const gibibytes = z.coerce.number().min(0.25).max(4096);

/**
 * "8GB", "8", "512 MB", in bytes.
 * @internal
 */
export function memorySize(text: string): number {
  const [, amount, unit = 'G'] = /^(\d{1,7}(?:\.\d{1,3})?) ?(?:([GM])i?B)?$/i.exec(text.trim()) ?? [];
  const expected = 'a size such as 8GB or 512MB';
  const size = parser(gibibytes, expected)(unit.toUpperCase() === 'M' ? Number(amount) / 1024 : amount);
  return Math.floor(size * 2 ** 30);
}

/** A concept's name, as prompts are read: with or without the @, in any letter case. */
export function conceptName(text: string): string {
  const expected = 'a name such as aurora or aurora-2: letters a to z, digits and single hyphens';
  return parser(newConceptNameSchema, expected)(text.normalize('NFKC').replace(/^@/, '').toLowerCase());
}

export const classWord = parser(conceptFactsSchema.shape.classWord, 'a word or two such as bottle');

export const identifier = parser(conceptFactsSchema.shape.identifier, 'one word such as sks');

/** @param meaning that the option has for the command, with its default */
export function guidanceResidual(meaning: string): Option {
  return new Option('--guidance-residual <halves>', meaning).choices(GUIDANCE_RESIDUALS);
}

/** An owner, a licence or a note. */
export const rightsText = parser(conceptFactsSchema.shape.rights.shape.owner, 'at most 1000 characters');

/** Name of a model's folder. It begins with no dot, as those of unfinished pulls do. */
export const modelName = parser(
  z.string().regex(/^[A-Za-z0-9][\w.-]{0,94}[\w-]$|^[A-Za-z0-9]$/),
  `a name of letters, digits, dots and dashes such as ${FULL_SIZE_MODEL}`,
);

export const hubRevision = parser(z.string().refine(isRevision), 'a branch, a tag or a commit');

export const rightsDate = parser(
  conceptFactsSchema.shape.rights.shape.expires.unwrap(),
  'a date such as 2027-12-31',
);

/** A concept file's name. */
export const conceptFile = parser(
  z.string().regex(/.\.safetensors$/),
  'a file name that ends in .safetensors',
);

function parser<In, Out>(schema: z.ZodType<Out>, expected: string): (value: In) => Out {
  return (value) => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(`Expected ${expected}.`);
  };
}

type Optional<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** Options that were left out are absent from a request, not undefined in it. */
export function definedOptions<T extends object>(options: Optional<T>): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** More than any computer of today has. */
const MAX_THREADS = 512;

export interface EngineFlags {
  readonly model?: string;
  readonly device: Device | 'auto';
  readonly precision: DevicePrecision | 'auto';
  readonly threads?: number;
  readonly deviceMemory?: number;
}

/** Device, precision, threads and the card's memory, as requests have them. */
export function computerOf({ device, precision, threads, deviceMemory }: EngineFlags) {
  return { device, precision, threads, deviceMemoryBytes: deviceMemory };
}

export function engineOptions(): readonly Option[] {
  return [
    new Option(
      '--model <name>',
      `base model, by name, folder or .safetensors file (default: ${DEFAULT_MODEL})`,
    ),
    new Option('--device <device>', 'what computes').choices(['auto', ...DEVICES]).default('auto'),
    new Option(
      '--precision <precision>',
      'half precision (fp16) or single; auto: half on graphics cards that pass a test',
    )
      .choices(['auto', ...PRECISIONS])
      .default('auto'),
    threadsOption(),
    new Option(
      '--device-memory <size>',
      "most of a graphics card's memory to take: 8GB (default: as its driver says)",
    )
      .argParser(memorySize)
      .env('LIKENESS_DEVICE_MEMORY'),
  ];
}

export function threadsOption(): Option {
  return new Option('--threads <n>', 'CPU threads (default: all)').argParser(wholeNumber(1, MAX_THREADS));
}

/** True for an argument that means a concept: a file may begin with an @, too. */
export function isConcept(argument: string): boolean {
  return argument.startsWith('@') && !existsSync(argument);
}

/** As commander reports an option that is always needed, for one that some arguments need. */
export function missingOption(option: string): CommanderError {
  const message = `error: required option '${option}' not specified`;
  return new CommanderError(1, 'commander.missingMandatoryOptionValue', message);
}
