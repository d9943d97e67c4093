/**
 * Concept file: one .safetensors that other tools open as an ordinary LoRA, and whose header carries the concept's
 * facts. No tensor but the factors is in it, since loaders refuse leftovers.
 */

import { createHash } from 'node:crypto';
import { LikenessError } from '../../shared/errors.ts';
import type { Factors } from '../adapters/factors.ts';
import type { ObjectProbe } from '../adapters/object-probe.ts';
import type { AdapterSite } from '../models/family.ts';
import { USER_MODES, writeFileAtomically } from '../storage/atomic-file.ts';
import { readRange, type SafetensorsFile, withFile } from '../tensor/safetensors-file.ts';
import { encodeSafetensors, packTensors } from '../tensor/safetensors-writer.ts';
import type { Concept, ConceptFacts, Thumbnail } from './concept.ts';
import { encodeConceptHeader, HASH_KEY, parseConceptHeader } from './concept-header.ts';
import { type ConceptForm, conceptTensors, formMetadata } from './concept-tensors.ts';
import { changedSites, openLoraFile, readFactors, readLora } from './lora-file.ts';
import { requireMatchingSites } from './matching-sites.ts';
import type { ModelNeeds } from './model-fit.ts';

/** Facts of a concept file for listings; read from the header alone. */
export interface ConceptFileInfo extends ConceptFacts {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of the tensors' bytes, hex: the identity of this version. */
  readonly weightHash: string;
  readonly thumbnail?: Thumbnail;
  readonly hasTokenEmbedding: boolean;
  readonly hasObjectProbe: boolean;
  /** Parts that a base model must have. */
  readonly needs: ModelNeeds;
}

export interface WriteConceptOptions {
  /** F16 by default: half the size, and what other tools expect. */
  readonly dtype?: 'F16' | 'F32';
  /** kohya by default: every program reads it. */
  readonly form?: ConceptForm;
}

export interface EncodedConcept {
  readonly bytes: Uint8Array;
  readonly weightHash: string;
}

/**
 * The file's bytes, the same for the same concept.
 * @throws LikenessError `concept-format` where a fact or factor is outside its limits
 */
export function encodeConcept(concept: Concept, options: WriteConceptOptions = {}): EncodedConcept {
  const { dtype = 'F16', form = 'kohya' } = options;
  const packed = packTensors(conceptTensors(concept, dtype, form));
  const weightHash = createHash('sha256').update(packed.data).digest('hex');
  const metadata = { ...encodeConceptHeader(concept, weightHash), ...formMetadata(concept, form) };
  return { bytes: encodeSafetensors(packed, metadata), weightHash };
}

/** Writes a file for its user, outside of a library, and gives its weight hash. Errors as encodeConcept, and 'storage'; the old file is then untouched. */
export async function writeConcept(
  path: string,
  concept: Concept,
  options: WriteConceptOptions = {},
): Promise<string> {
  const { bytes, weightHash } = encodeConcept(concept, options);
  await writeFileAtomically(path, bytes, USER_MODES);
  return weightHash;
}

/**
 * Reads and checks everything.
 * @throws LikenessError `concept-format` for a damaged file or a plain LoRA file, and `concept-mismatch` where the
 *   model's projections are given and differ
 */
export async function readConcept(path: string, sites?: readonly AdapterSite[]): Promise<Concept> {
  const file = await openLoraFile(path);
  const { facts, weightHash, thumbnail, tokenEmbeddings, objectProbe } = parseConceptHeader(
    file.metadata,
    file.path,
  );
  await requireWeightHash(file, weightHash);
  const { factors, storedAs } = await readFactors(file, sites);
  if (objectProbe !== undefined) requireProbeOf(factors, objectProbe, file.path);
  if (sites !== undefined) requireMatchingSites(factors, sites, `concept ${facts.name}`);
  return {
    ...facts,
    factors,
    storedAs,
    ...(thumbnail && { thumbnail }),
    ...(tokenEmbeddings && { tokenEmbeddings }),
    ...(objectProbe && { objectProbe }),
  };
}

/** Reads only the header: a library of thousands is listed without reading a weight. Errors as readConcept. */
export async function summariseConcept(path: string): Promise<ConceptFileInfo> {
  const file = await openLoraFile(path);
  const { facts, weightHash, thumbnail, tokenEmbeddings, objectProbe } = parseConceptHeader(
    file.metadata,
    file.path,
  );
  return {
    ...facts,
    path: file.path,
    sizeBytes: file.sizeBytes,
    weightHash,
    ...(thumbnail && { thumbnail }),
    hasTokenEmbedding: tokenEmbeddings !== undefined,
    hasObjectProbe: objectProbe !== undefined,
    needs: {
      sites: await changedSites(file),
      textWidths: tokenEmbeddings?.map(({ length }) => length) ?? [],
    },
  };
}

/** A foreign LoRA file as a concept: its factors, and the facts that its header cannot give. Errors as readLora. */
export async function conceptFromLora(
  path: string,
  facts: ConceptFacts,
  sites?: readonly AdapterSite[],
): Promise<Concept> {
  const { factors, storedAs } = await readLora(path, sites);
  return { ...facts, factors, storedAs };
}

/** The probe reads the same blocks as the residuals change, at the same widths. */
function requireProbeOf(factors: Factors, { weights }: ObjectProbe, subject: string): void {
  const [read, changed] = [[...weights.keys()].sort(), [...factors.keys()].sort()];
  const odd = changed.find((path) => weights.get(path)?.length !== factors.get(path)!.channels);
  if (odd === undefined && read.length === changed.length) return;
  const got =
    odd === undefined ? `${read.length} blocks` : `${weights.get(odd)?.length ?? 'no'} weights for ${odd}`;
  const expected = odd === undefined ? changed.length : factors.get(odd)!.channels;
  throw new LikenessError(
    'concept-format',
    `${subject} is not a sound concept: its object probe has ${got}, expected ${expected}`,
  );
}

async function requireWeightHash(
  { path, dataOffset, sizeBytes }: SafetensorsFile,
  expected: string,
): Promise<void> {
  const bytes = await withFile(path, (handle) => readRange(handle, path, dataOffset, sizeBytes - dataOffset));
  const got = createHash('sha256').update(bytes).digest('hex');
  if (got === expected) return;
  throw new LikenessError(
    'concept-format',
    `${path} is damaged: its weights have the hash ${got}, expected ${expected || `one in ${HASH_KEY}`}`,
    {
      advice: 'Fetch or export the concept again.',
    },
  );
}
