/** KeptConcept: a concept that the command line has taught, put into the library or into a file. */

import { stat } from 'node:fs/promises';
import type { Rights } from '../../shared/protocol/concept.ts';
import type { TeachEvent } from '../engine/events.ts';
import type { ReferenceImage } from '../images/references/reference-image.ts';

/** A concept that was taught, where it is kept. */
export type KeptConcept = Omit<Extract<TeachEvent, { type: 'taught' }>, 'concept' | 'sample'> & {
  readonly file: string;
  readonly sizeBytes: number;
  readonly name: string;
  readonly identifier: string;
  readonly classWord: string;
  /** Its number in a library; absent outside of one. */
  readonly version?: number;
  /** Rights that it has from the version before, since it was given none of its own; absent outside of a library. */
  readonly kept?: Rights;
  /** Pictures that the library keeps of it; absent outside of one. */
  readonly keptReferences?: number;
};

export type TaughtEvent = Extract<TeachEvent, { type: 'taught' }>;

interface LibraryPlace {
  readonly folder: string;
  /** Rights that the command names. */
  readonly given: Rights;
  /** Pictures to keep with it. */
  readonly references: readonly ReferenceImage[];
}

export async function addToLibrary(
  { concept, sample, ...taught }: TaughtEvent,
  { folder, given, references }: LibraryPlace,
): Promise<KeptConcept> {
  const { FileLibrary } = await import('../library/file-library.ts');
  const library = new FileLibrary(folder);
  const pictures = references.map((reference) => async () => reference);
  const { encodeSample } = await import('../images/encode.ts');
  const added = await library.add(concept, {
    by: 'owner',
    references: pictures,
    sample: sample && (await encodeSample(sample)),
  });
  const kept = Object.fromEntries(Object.entries(added.rights).filter(([field]) => !(field in given)));
  return keptConcept(taught, concept, await library.materialize(added), {
    version: added.version,
    kept,
    keptReferences: references.length,
  });
}

export async function writeOut(
  { concept, sample: _, ...taught }: TaughtEvent,
  out: string,
): Promise<KeptConcept> {
  const { writeConcept } = await import('../concepts/concept-file.ts');
  await writeConcept(out, concept);
  return keptConcept(taught, concept, out, {});
}

async function keptConcept(
  taught: Omit<TaughtEvent, 'concept' | 'sample'>,
  { name, identifier, classWord }: TaughtEvent['concept'],
  file: string,
  inLibrary: Pick<KeptConcept, 'version' | 'kept' | 'keptReferences'>,
): Promise<KeptConcept> {
  return { ...taught, name, identifier, classWord, file, sizeBytes: (await stat(file)).size, ...inLibrary };
}
