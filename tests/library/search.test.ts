import { expect, it, vi } from 'vitest';
import type { ConceptVersion, LibraryConcept } from '../../companion/library/concept-library.ts';
import { searchConcepts, searchKey, searchWords } from '../../companion/library/search.ts';

/** One character that is spelled out as eighteen. */
const LIGATURE = '\ufdfa';

/** As the library lists it; the search asks for these alone. */
function concept(name: string, note: string): LibraryConcept {
  const current = { classWord: 'bottle', rights: { note } } as unknown as ConceptVersion;
  return { id: name, name, current, versions: [current], expired: false };
}

it('spells texts out once, however many words are sought and however often', () => {
  const concepts = Array.from({ length: 50 }, (_, index) =>
    concept(`concept-${index}`, LIGATURE.repeat(1000)),
  );
  const spelling = vi.spyOn(String.prototype, 'normalize');
  for (let turn = 0; turn < 5; turn++) searchConcepts(concepts, 'a b c d e f g');
  // A class word and a note each, and each search.
  expect(spelling.mock.calls.length).toBe(2 * concepts.length + 5);
  spelling.mockRestore();
});

it('bounds what is sought and what it is sought in, as they are spelled out', () => {
  expect(searchKey(LIGATURE.repeat(1000)).length).toBeLessThanOrEqual(4000);
  const words = searchWords(`${LIGATURE.repeat(200)}`);
  expect(words.join(' ').length).toBeLessThanOrEqual(200);
  expect(searchWords('a b a  B á')).toEqual(['a', 'b']);
});

it('finds ligatures by their letters', () => {
  expect(searchConcepts([concept('aurora', 'an oﬃce')], 'office')).toHaveLength(1);
});
