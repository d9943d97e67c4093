/** searchConcepts: concepts by words in their name, else in the class word, else in the note. */

import type { ConceptVersion, LibraryConcept } from './concept-library.ts';

/**
 * Characters of a text that are searched, and of a search: a longer one is a pasted page. A single one may stand for
 * eighteen letters, so that they are counted once it is spelled out.
 */
const TEXT_MAX_LENGTH = 4000;
const SEARCH_MAX_LENGTH = 200;

/** Text as it is searched: without case and accents, so that "cafe" finds "Café". */
export function searchKey(text: string): string {
  const spelled = text.slice(0, TEXT_MAX_LENGTH).normalize('NFKD').slice(0, TEXT_MAX_LENGTH);
  return spelled.replaceAll(/\p{M}/gu, '').toLowerCase();
}

/** The different words of a search. */
export function searchWords(search: string): readonly string[] {
  const words = searchKey(search.slice(0, SEARCH_MAX_LENGTH)).slice(0, SEARCH_MAX_LENGTH).split(/\s+/);
  return [...new Set(words.filter(Boolean))];
}

/** Worth of a word by where it is found; the best place counts. */
const WORTH = { name: 8, nameStart: 6, classStart: 4, nameInside: 3, classInside: 2, note: 1 } as const;

interface SearchedTexts {
  readonly classWord: string;
  readonly note: string;
}

/** Worked out once a version: the library gives the same object until its file changes. */
const searchedTexts = new WeakMap<ConceptVersion, SearchedTexts>();

function textsOf(version: ConceptVersion): SearchedTexts {
  const known = searchedTexts.get(version);
  if (known !== undefined) return known;
  const texts = { classWord: searchKey(version.classWord), note: searchKey(version.rights.note ?? '') };
  searchedTexts.set(version, texts);
  return texts;
}

/** Concepts in which every word is found, best first, then by name. */
export function searchConcepts(concepts: readonly LibraryConcept[], search: string): LibraryConcept[] {
  const words = searchWords(search);
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
  const { classWord, note } = textsOf(current);
  if (name === sought) return WORTH.name;
  if (name.startsWith(sought)) return WORTH.nameStart;
  if (classWord.split(' ').some((part) => part.startsWith(sought))) return WORTH.classStart;
  if (name.includes(sought)) return WORTH.nameInside;
  if (classWord.includes(sought)) return WORTH.classInside;
  return note.includes(sought) ? WORTH.note : 0;
}
