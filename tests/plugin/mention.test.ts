import { describe, expect, it } from 'vitest';
import { isConceptName, toConceptName } from '../../plugin/ui/concepts/concept-edit.ts';
import { complete, completions, mentionedNames, openMention } from '../../plugin/ui/concepts/mention.ts';

describe('a mention under the caret', () => {
  it.each([
    ['@', 1, { start: 0, query: '' }],
    ['two of @au', 10, { start: 7, query: 'au' }],
    ['@aurora on', 4, { start: 0, query: 'aur' }],
    ['@aurora-2', 9, { start: 0, query: 'aurora-2' }],
  ])('%j at %i', (text, caret, expected) => expect(openMention(text, caret)).toEqual(expected));

  it.each([
    ['mail@example', 12],
    ['@aurora on', 10],
    ['@@', 2],
    ['', 0],
  ])('is none in %j at %i', (text, caret) => expect(openMention(text, caret)).toBeUndefined());
});

describe('completions', () => {
  const concepts = [{ name: 'polaris' }, { name: 'aurora' }, { name: 'north-aurora' }];

  it('are all concepts before anything is typed', () => expect(completions('', concepts)).toHaveLength(3));

  it('begin with what was typed first, and ignore case', () => {
    expect(completions('AUR', concepts).map(({ name }) => name)).toEqual(['aurora', 'north-aurora']);
  });
});

describe('completing', () => {
  it('replaces the word and puts the caret behind the name', () => {
    const text = 'two of @au on a beach';
    const completed = complete(text, openMention(text, 10)!, 'aurora');
    expect(completed).toEqual({ text: 'two of @aurora on a beach', caret: 15 });
  });

  it('also replaces the rest of a word that the caret is in', () => {
    expect(complete('@aurxyz, big', { start: 0, query: 'aur' }, 'aurora').text).toBe('@aurora , big');
  });

  it('adds a space at the end', () => {
    expect(complete('@', { start: 0, query: '' }, 'aurora')).toEqual({ text: '@aurora ', caret: 8 });
  });
});

it('finds each mentioned name once', () => {
  expect(mentionedNames('@Aurora and @summit-2, @aurora; me@example.org')).toEqual(['aurora', 'summit-2']);
});

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
