/** searchConcepts: concepts by words in their name, else in the class word, else in the note. */

import type { LibraryConcept } from './concept-library.ts';

/** Text as it is searched: without case and accents, so that "cafe" finds "Café". */
export function searchKey(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

/** A longer search is a pasted page, and what stands beyond finds nothing more. */
const SEARCH_MAX_LENGTH = 200;

/** Worth of a word by where it is found; the best place counts. */
const WORTH = { name: 8, nameStart: 6, classStart: 4, nameInside: 3, classInside: 2, note: 1 } as const;

/** Concepts in which every word is found, best first, then by name. */
export function searchConcepts(concepts: readonly LibraryConcept[], search: string): LibraryConcept[] {
  const words = searchKey(search.slice(0, SEARCH_MAX_LENGTH)).split(/\s+/).filter(Boolean);
  const rated = concepts.map((concept) => ({ concept, worth: words.map((word) => worthOf(concept, word)) }));
  return rated
    .filter(({ worth }) => !worth.includes(0))
    .map(({ concept, worth }) => ({ concept, total: worth.reduce((sum, one) => sum + one, 0) }))
    .sort((a, b) => b.total - a.total || (a.concept.name < b.concept.name ? -1 : 1))
    .map(({ concept }) => concept);
}

/** Worth of the word's best place; 0 where it is not found. */
function worthOf({ name, current }: LibraryConcept, word: string): number {
  const sought = word.replace(/^@/, '');
  const classWord = searchKey(current.classWord);
  if (name === sought) return WORTH.name;
  if (name.startsWith(sought)) return WORTH.nameStart;
  if (classWord.split(' ').some((part) => part.startsWith(sought))) return WORTH.classStart;
  if (name.includes(sought)) return WORTH.nameInside;
  if (classWord.includes(sought)) return WORTH.classInside;
  return searchKey(current.rights.note ?? '').includes(sought) ? WORTH.note : 0;
}
