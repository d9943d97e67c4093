import { CONCEPT_NAME } from '../../../shared/protocol/concept.ts';

/** The longest that CONCEPT_NAME takes. */
const LONGEST = 41;

/** What a prompt will call it, from what a person types: "Aurora Mug" is @aurora-mug. May be empty. */
export function toConceptName(typed: string): string {
  return typed
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, LONGEST)
    .replace(/-+$/, '');
}

export function isConceptName(name: string): boolean {
  return CONCEPT_NAME.test(name);
}
