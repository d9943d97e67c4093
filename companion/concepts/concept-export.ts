/**
 * exportConcept: a concept as a file for another program, under the names that the program reads, and what stays behind:
 * other programs know the residuals alone.
 */

import type { ExportProgram } from '../../shared/protocol/http.ts';
import { ARCHITECTURES } from '../models/families/formats.ts';
import { openSafetensors } from '../tensor/safetensors-file.ts';
import { type Concept, type ConceptFacts, minRankFractionOf } from './concept.ts';
import { type EncodedConcept, encodeConcept, readConcept, type WriteConceptOptions } from './concept-file.ts';
import type { ConceptForm } from './concept-tensors.ts';

interface ProgramForm {
  readonly form: ConceptForm;
  /** Said with the file; for what the program does not do by itself. */
  readonly note?: string;
}

const PROGRAMS = {
  kohya: { form: 'kohya' },
  a1111: { form: 'kohya' },
  comfyui: { form: 'kohya' },
  diffusers: {
    form: 'peft',
    note: 'diffusers reads its scales from 0.34 on; give older ones the file for kohya.',
  },
  invokeai: { form: 'kohya-told' },
} as const satisfies Readonly<Record<ExportProgram, ProgramForm>>;

/** @throws LikenessError `concept-format` where the concept's file is damaged */
export async function exportConcept(path: string, program: ExportProgram): Promise<EncodedConcept> {
  const { form } = PROGRAMS[program];
  return encodeConcept(forOthers(await readConcept(path)), { dtype: await precisionOf(path), form });
}

/** A plain LoRA was imported as it was written: in two dimensions, say, where the program wants four. */
function forOthers(concept: Concept): Concept {
  const { hash, architecture } = concept.baseModel;
  if (hash !== undefined) return concept;
  const { storedAs } = ARCHITECTURES.find(({ id }) => id === architecture)!;
  return { ...concept, storedAs };
}

/** The precision of a file's factors: written anew in it they are the same numbers. */
export async function precisionOf(path: string): Promise<NonNullable<WriteConceptOptions['dtype']>> {
  const { tensors } = await openSafetensors(path);
  const isExact = [...tensors.values()].some(
    ({ name, dtype }) => dtype === 'F32' && !name.endsWith('.alpha'),
  );
  return isExact ? 'F32' : 'F16';
}

/** Facts of a concept by which it is told what other programs make of its file. */
type ExportedFacts = Pick<ConceptFacts, 'identifier' | 'classWord' | 'method' | 'baseModel'> & {
  readonly hasTokenEmbedding: boolean;
};

/** The words of a prompt that the residuals were taught with. */
export function triggerWords({
  identifier,
  classWord,
}: Pick<ConceptFacts, 'identifier' | 'classWord'>): string {
  return `${identifier} ${classWord}`;
}

/** Lines for whoever uses the file elsewhere: what to write, and what stays behind. */
export function exportNotes(facts: ExportedFacts, program?: ExportProgram): readonly string[] {
  const { identifier, baseModel, hasTokenEmbedding } = facts;
  const { note }: ProgramForm = program === undefined ? { form: 'kohya' } : PROGRAMS[program];
  return [
    `Write "${triggerWords(facts)}" in the prompt: other programs do not know @names.`,
    `Use it with the base model that it belongs to: ${baseModel.name}, ${baseModel.architecture}.`,
    'Masks stay behind: other programs apply it to the whole picture, and in both halves of guidance, as --mask full does here.',
    ...(hasTokenEmbedding
      ? [
          `The learned embedding of "${identifier}" stays behind: other programs read the word as the base model does, and may show less of the product.`,
        ]
      : []),
    ...(minRankFractionOf(facts) < 1
      ? ['The rank that falls with the noise stays behind: other programs use all of it at every step.']
      : []),
    ...(note === undefined ? [] : [note]),
  ];
}
