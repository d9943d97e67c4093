import { describe, expect, it } from 'vitest';
import { isConceptName, toConceptName } from '../../../plugin/ui/concepts/concept-edit.ts';

describe('a concept name', () => {
  it.each([
    ['Aurora Mug', 'aurora-mug'],
    ['  Çafé – 2 ', 'cafe-2'],
    ['42 bottles', 'bottles'],
    ['日本', ''],
  ])('from %j is %j', (typed, name) => expect(toConceptName(typed)).toBe(name));

  it('is one that the protocol takes, however long the text', () => {
    expect(isConceptName(toConceptName('A very long name '.repeat(9)))).toBe(true);
  });
});
