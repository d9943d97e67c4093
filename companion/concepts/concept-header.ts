/**
 * ConceptHeader: a concept's facts as header metadata, our own under `likeness.`, and those that other tools look for
 * under kohya's `ss_` and Stability's `modelspec.` (https://github.com/Stability-AI/ModelSpec, 1.0.1). All values are strings.
 */

import { z } from 'zod';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import type { ObjectProbe } from '../adapters/object-probe.ts';
import { ARCHITECTURES } from '../models/families/formats.ts';
import {
  type Concept,
  type ConceptFacts,
  conceptFactsSchema,
  PROBE_MAX_CHANNELS,
  THUMBNAIL_MAX_BYTES,
  type Thumbnail,
  TOKEN_EMBEDDING_MAX_LENGTH,
} from './concept.ts';
import { BLOCKS_MAX } from './lora-file.ts';

type Metadata = Readonly<Record<string, string>>;

/** Raised when a reader of today could not understand a later file. */
const FORMAT_VERSION = '1';
export const FORMAT_KEY = 'likeness.format';
const EMBEDDING_KEY = 'likeness.token_embedding';
/** JSON: the bias, and the weights in base64 by block. Not tensors, since loaders refuse what is no LoRA. */
const PROBE_KEY = 'likeness.object_probe';
const THUMBNAIL_KEY = 'modelspec.thumbnail';
/** SHA-256 of all bytes behind the header; kohya's name for it. */
export const HASH_KEY = 'sshs_model_hash';

/** Facts that are text stand as they are; the others as JSON. */
const FACT_KEYS: Readonly<Record<keyof ConceptFacts, readonly [key: string, form: 'text' | 'json']>> = {
  name: ['likeness.name', 'text'],
  classWord: ['likeness.class', 'text'],
  identifier: ['likeness.identifier', 'text'],
  baseModel: ['likeness.base_model', 'json'],
  resolution: ['likeness.resolution', 'json'],
  method: ['likeness.method', 'json'],
  referenceCount: ['likeness.references', 'json'],
  figures: ['likeness.figures', 'json'],
  rights: ['likeness.rights', 'json'],
  version: ['likeness.version', 'json'],
  parent: ['likeness.parent', 'text'],
  createdAt: ['likeness.created', 'text'],
};
const FACTS = Object.entries(FACT_KEYS) as [keyof ConceptFacts, readonly [string, 'text' | 'json']][];

/** Magic bytes, so that a header cannot pass something else off as a picture. */
const MAGIC: Readonly<Record<Thumbnail['mediaType'], readonly number[]>> = {
  'image/jpeg': [0xff, 0xd8, 0xff],
  'image/png': [0x89, 0x50, 0x4e, 0x47],
};

export interface ConceptHeader {
  readonly facts: ConceptFacts;
  readonly weightHash: string;
  readonly thumbnail: Thumbnail | undefined;
  readonly tokenEmbedding: Float32Array | undefined;
  readonly objectProbe: ObjectProbe | undefined;
}

/** Throws 'concept-format' where a fact is outside its limits. `weightHash` is the hash of the packed tensors. */
export function encodeConceptHeader(concept: Concept, weightHash: string): Metadata {
  const known = Object.fromEntries(FACTS.map(([fact]) => [fact, concept[fact]]));
  const subject = `concept ${concept.name}`;
  const facts = parseFacts(known, subject);
  const metadata: Record<string, string> = { [FORMAT_KEY]: FORMAT_VERSION, [HASH_KEY]: weightHash };
  for (const [fact, [key, form]] of FACTS) {
    const value = facts[fact];
    if (value === undefined) continue;
    metadata[key] = form === 'text' ? String(value) : JSON.stringify(sortKeys(value));
  }
  // Read as it will be read: what could not be is refused before it is written.
  const put = (key: string, text: string | undefined, parse: (text: string, subject: string) => unknown) => {
    if (text === undefined) return;
    parse(text, subject);
    metadata[key] = text;
  };
  const { thumbnail, tokenEmbedding, objectProbe } = concept;
  put(THUMBNAIL_KEY, thumbnail && dataUrl(thumbnail), parseThumbnail);
  put(EMBEDDING_KEY, tokenEmbedding && encodeFloats(tokenEmbedding), parseEmbedding);
  put(PROBE_KEY, objectProbe && encodeProbe(objectProbe), parseProbe);
  return { ...metadata, ...foreignFields(facts, weightHash) };
}

const dataUrl = ({ mediaType, bytes }: Thumbnail) =>
  `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`;

/** Throws 'concept-format' naming the key, what was got and what was expected. */
export function parseConceptHeader(metadata: Metadata, file: string): ConceptHeader {
  const format = metadata[FORMAT_KEY];
  if (format === undefined) {
    throw new LikenessError(
      'concept-format',
      `${file} is a plain LoRA file: its header lacks the name, class word, identifier and base model of a concept`,
      {
        advice: `Import it with a name and a class word: \`${PROGRAM} concepts import FILE --name N --class C\`.`,
      },
    );
  }
  if (format !== FORMAT_VERSION) {
    throw refusal(file, `${FORMAT_KEY} is ${JSON.stringify(format)}, expected ${FORMAT_VERSION}`);
  }
  const fields: Record<string, unknown> = {};
  for (const [fact, [key, form]] of FACTS) {
    const value = metadata[key];
    if (value !== undefined) fields[fact] = form === 'text' ? value : parseJson(value, key, file);
  }
  const optional = <T>(key: string, parse: (text: string, file: string) => T) =>
    metadata[key] === undefined ? undefined : parse(metadata[key], file);
  return {
    facts: parseFacts(fields, file),
    weightHash: metadata[HASH_KEY] ?? '',
    thumbnail: optional(THUMBNAIL_KEY, parseThumbnail),
    tokenEmbedding: optional(EMBEDDING_KEY, parseEmbedding),
    objectProbe: optional(PROBE_KEY, parseProbe),
  };
}

function foreignFields(
  { name, classWord, identifier, baseModel, ...facts }: ConceptFacts,
  hash: string,
): Metadata {
  const architecture = ARCHITECTURES.find(({ id }) => id === baseModel.architecture);
  return {
    ...architecture?.trainerFields,
    ss_network_module: 'networks.lora',
    ss_network_dim: 'Dynamic',
    ss_network_alpha: 'Dynamic',
    ss_output_name: name,
    'modelspec.sai_model_spec': '1.0.1',
    'modelspec.architecture': `${baseModel.architecture}/lora`,
    'modelspec.implementation': 'diffusers',
    'modelspec.title': name,
    'modelspec.resolution': `${facts.resolution.width}x${facts.resolution.height}`,
    'modelspec.trigger_phrase': `${identifier} ${classWord}`,
    'modelspec.date': facts.createdAt,
    'modelspec.hash_sha256': `0x${hash}`,
    ...(facts.rights.licence === undefined ? {} : { 'modelspec.license': facts.rights.licence }),
    ...(facts.rights.owner === undefined ? {} : { 'modelspec.author': facts.rights.owner }),
  };
}

function parseFacts(fields: unknown, subject: string): ConceptFacts {
  const parsed = conceptFactsSchema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const asStored = ([fact, ...inner]: readonly PropertyKey[]) => [
    FACT_KEYS[fact as keyof ConceptFacts]?.[0] ?? fact!,
    ...inner,
  ];
  throw refusal(subject, issueText(parsed.error, asStored));
}

function parseJson(value: string, key: string, file: string): unknown {
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw refusal(file, `${key} is not JSON`, cause);
  }
}

function parseThumbnail(url: string, subject: string): Thumbnail {
  // Its length is judged before it is decoded: 4 characters carry 3 bytes.
  const [, mediaType, base64] =
    /^data:(image\/(?:jpeg|png));base64,([A-Za-z0-9+/]+={0,2})$/.exec(
      url.length > THUMBNAIL_MAX_BYTES * 2 ? '' : url,
    ) ?? [];
  const bytes = Buffer.from(base64 ?? '', 'base64');
  const type = mediaType as Thumbnail['mediaType'];
  if (
    base64 === undefined ||
    bytes.byteLength > THUMBNAIL_MAX_BYTES ||
    !MAGIC[type].every((m, i) => bytes[i] === m)
  ) {
    const got = `${url.slice(0, 24)}... of ${url.length} characters`;
    throw refusal(
      subject,
      `${THUMBNAIL_KEY} is ${got}, expected a JPEG or PNG of at most ${THUMBNAIL_MAX_BYTES} bytes`,
    );
  }
  return { mediaType: type, bytes: new Uint8Array(bytes) };
}

function parseEmbedding(base64: string, subject: string): Float32Array {
  const embedding = parseFloats(base64, TOKEN_EMBEDDING_MAX_LENGTH);
  if (embedding !== undefined) return embedding;
  const expected = `base64 of 1 to ${TOKEN_EMBEDDING_MAX_LENGTH} finite float32 values`;
  throw refusal(subject, `${EMBEDDING_KEY} has ${base64.length} characters, expected ${expected}`);
}

const probeSchema = z.strictObject({
  bias: z.number().refine((bias) => Number.isFinite(Math.fround(bias)), 'expected a float32'),
  weights: z
    .record(
      z.string().max(80),
      z.string().transform((base64, context) => {
        const weights = parseFloats(base64, PROBE_MAX_CHANNELS);
        if (weights !== undefined) return weights;
        context.addIssue(`expected base64 of 1 to ${PROBE_MAX_CHANNELS} finite float32 values`);
        return z.NEVER;
      }),
    )
    .refine((weights) => Object.keys(weights).length <= BLOCKS_MAX, `expected at most ${BLOCKS_MAX} blocks`),
});

function encodeProbe({ weights, bias }: ObjectProbe): string {
  const encoded = [...weights].map(([path, values]) => [path, encodeFloats(values)] as const);
  return JSON.stringify(sortKeys({ bias: bias[0], weights: sortKeys(Object.fromEntries(encoded)) }));
}

function parseProbe(value: string, subject: string): ObjectProbe {
  const parsed = probeSchema.safeParse(parseJson(value, PROBE_KEY, subject));
  if (!parsed.success) {
    const underKey = (path: readonly PropertyKey[]) => [PROBE_KEY, ...path];
    throw refusal(subject, issueText(parsed.error, underKey));
  }
  const { bias, weights } = parsed.data;
  return { weights: new Map(Object.entries(weights)), bias: Float32Array.of(bias) };
}

/** Float32, little-endian: some KB, too little to round. */
function encodeFloats(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

/** Undefined for what is not base64 of 1 to `most` finite numbers. */
function parseFloats(base64: string, most: number): Float32Array | undefined {
  const parsed = z
    .base64()
    .max(most * 8)
    .safeParse(base64);
  const bytes = Buffer.from(parsed.data ?? '', 'base64');
  const count = bytes.byteLength / Float32Array.BYTES_PER_ELEMENT;
  if (!Number.isInteger(count) || count === 0 || count > most) return undefined;
  const values = new Float32Array(new Uint8Array(bytes).buffer);
  return values.every(Number.isFinite) ? values : undefined;
}

/** The same facts give the same bytes, in whatever order they were gathered. */
function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function refusal(subject: string, fault: string, cause?: unknown): LikenessError {
  return new LikenessError('concept-format', `${subject} is not a sound concept: ${fault}`, { cause });
}
