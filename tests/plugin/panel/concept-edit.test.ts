import { describe, expect, it } from 'vitest';
import { isConceptName, nameAdvice, toConceptName } from '../../../plugin/ui/concepts/concept-edit.ts';

describe('a concept name', () => {
  it.each([
    ['Aurora Mug', 'aurora-mug'],
    ['  Çafé – 2 ', 'cafe-2'],
    ['42 bottles', 'bottles'],
    ['日本', ''],
  ])('from %j is %j', (typed, name) => expect(toConceptName(typed)).toBe(name));

  it.each([
    [' ', 'Give it a name.'],
    ['日本', 'Give it a name that begins with a letter from a to z.'],
  ])('that is none, %j: %s', (typed, advice) => expect(nameAdvice(typed)).toBe(advice));

  it('is one that the protocol takes, however long the text', () => {
    expect(isConceptName(toConceptName('A very long name '.repeat(9)))).toBe(true);
  });
});
