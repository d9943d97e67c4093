import { describe, expect, it } from 'vitest';
import { parseMentions } from '../../shared/mentions.ts';
import { placePrompts } from '../../shared/place-prompts.ts';

const places = (prompt: string) =>
  placePrompts(parseMentions(prompt)).map(({ name, parts }) => [
    name,
    parts.map(({ text }) => text).join(''),
  ]);

describe('prompts of places', () => {
  it.each<[prompt: string, expected: readonly (readonly [string, string])[]]>([
    [
      '@a1 and @b1 on a table',
      [
        ['a1', '@a1 on a table'],
        ['b1', '@b1 on a table'],
      ],
    ],
    [
      'a photo of @a1, a @b1 and the @c1 in a studio',
      [
        ['a1', 'a photo of @a1 in a studio'],
        ['b1', 'a photo of @b1 in a studio'],
        ['c1', 'a photo of @c1 in a studio'],
      ],
    ],
    [
      '@a1 beside @b1',
      [
        ['a1', '@a1'],
        ['b1', '@b1'],
      ],
    ],
    [
      '@a1 on a table and @b1 on a chair',
      [
        ['a1', '@a1 on a table'],
        ['b1', '@b1 on a chair'],
      ],
    ],
    ['@a1 and @a1 on grass', [['a1', '@a1 on grass']]],
    ['a beach', []],
  ])('%s', (prompt, expected) => {
    expect(places(prompt)).toEqual(expected);
  });
});
