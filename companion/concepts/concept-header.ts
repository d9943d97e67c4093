/**
 * ConceptHeader: a concept's facts as header metadata, our own under `likeness.`, and those that other tools look for
 * under kohya's `ss_` and Stability's `modelspec.` (https://github.com/Stability-AI/ModelSpec, 1.0.1). All values are strings.
 */

import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import type { ObjectProbe } from '../adapters/object-probe.ts';
import { ARCHITECTURES } from '../models/families/formats.ts';
import {
  type Concept,
  type ConceptFacts,
  conceptFactsSchema,
  TEXT_ENCODERS_MAX,
  type Thumbnail,
} from './concept.ts';
import {
  embeddingValue,
  type HeaderValue,
  headerRefusal,
  parseJson,
  probeValue,
  sortKeys,
  thumbnailValue,
} from './header-values.ts';

type Metadata = Readonly<Record<string, string>>;

/** Raised when a reader of today could not understand a later file. */
const FORMAT_VERSION = '1';
export const FORMAT_KEY = 'likeness.format';
const EMBEDDING_KEY = 'likeness.token_embedding';
const PROBE_KEY = 'likeness.object_probe';
const THUMBNAIL_KEY = 'modelspec.thumbnail';
/** The first text encoder's has the plain key; further ones have their number behind it. */
const embeddingKey = (encoder: number) => (encoder === 0 ? EMBEDDING_KEY : `${EMBEDDING_KEY}.${encoder}`);
/** SHA-256 of all bytes behind the header; kohya's name for it. */
export const HASH_KEY = 'sshs_model_hash';

/** Facts that are text stand as they are; the others as JSON. */
const FACT_KEYS: Readonly<Record<keyof ConceptFacts, readonly [key: string, form: 'text' | 'json']>> = {
  name: ['likeness.name', 'text'],
  classWord: ['likeness.class', 'text'],
  identifier: ['likeness.identifier', 'text'],
  baseModel: ['likeness.base_model', 'json'],
  baseWeights: ['likeness.base_weights', 'json'],
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

export interface ConceptHeader {
  readonly facts: ConceptFacts;
  readonly weightHash: string;
  readonly thumbnail: Thumbnail | undefined;
  readonly tokenEmbeddings: readonly Float32Array[] | undefined;
  readonly objectProbe: ObjectProbe | undefined;
}

/**
 * `weightHash` is the hash of the packed tensors.
 * @throws LikenessError `concept-format` where a fact is outside its limits
 */
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
  const put = <T>(key: string, value: T | undefined, { encode, parse }: HeaderValue<T>) => {
    if (value === undefined) return;
    const text = encode(value);
    parse(text, key, subject);
    metadata[key] = text;
  };
  const { thumbnail, tokenEmbeddings = [], objectProbe } = concept;
  put(THUMBNAIL_KEY, thumbnail, thumbnailValue);
  for (const [encoder, embedding] of tokenEmbeddings.entries()) {
    put(embeddingKey(encoder), embedding, embeddingValue);
  }
  put(PROBE_KEY, objectProbe, probeValue);
  return { ...metadata, ...foreignFields(facts, weightHash) };
}

/** @throws LikenessError `concept-format` naming the key, what was got and what was expected */
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
    throw headerRefusal(file, `${FORMAT_KEY} is ${JSON.stringify(format)}, expected ${FORMAT_VERSION}`);
  }
  const fields: Record<string, unknown> = {};
  for (const [fact, [key, form]] of FACTS) {
    const value = metadata[key];
    if (value !== undefined) fields[fact] = form === 'text' ? value : parseJson(value, key, file);
  }
  const optional = <T>(key: string, { parse }: HeaderValue<T>) =>
    metadata[key] === undefined ? undefined : parse(metadata[key], key, file);
  const tokenEmbeddings: Float32Array[] = [];
  while (tokenEmbeddings.length < TEXT_ENCODERS_MAX) {
    const embedding = optional(embeddingKey(tokenEmbeddings.length), embeddingValue);
    if (embedding === undefined) break;
    tokenEmbeddings.push(embedding);
  }
  return {
    facts: parseFacts(fields, file),
    weightHash: metadata[HASH_KEY] ?? '',
    thumbnail: optional(THUMBNAIL_KEY, thumbnailValue),
    tokenEmbeddings: tokenEmbeddings.length === 0 ? undefined : tokenEmbeddings,
    objectProbe: optional(PROBE_KEY, probeValue),
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
  throw headerRefusal(subject, issueText(parsed.error, asStored));
}
