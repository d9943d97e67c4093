/** Holds panel and companion to one reading of prompts: every case is read in both. */

import { describe, expect, it } from 'vitest';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { expandMentions } from '../../companion/engine/generation/prompt.ts';
import { emptyGenerate } from '../../plugin/ui/work/drafts.ts';
import { nameProblem, withProduct } from '../../plugin/ui/work/generate/prompt-names.ts';
import { LikenessError } from '../../shared/errors.ts';
import {
  complete,
  completions,
  mentionedNames,
  openMention,
  parseMentions,
  renameMentions,
} from '../../shared/mentions.ts';
import { newConceptNameSchema } from '../../shared/protocol/concept.ts';
import { concept } from '../plugin/protocol-samples.ts';

const KNOWN = ['aurora', 'aurora-2', 'summit'];

const CASES: readonly (readonly [prompt: string, names: readonly string[]])[] = [
  ['', []],
  ['no concept', []],
  ['@aurora on a beach', ['aurora']],
  ['a photo of @Aurora, sunset', ['aurora']],
  ["(@aurora's cap)", ['aurora']],
  ['@aurora-2 and @aurora', ['aurora-2', 'aurora']],
  ['@aurora and @AURORA', ['aurora']],
  ['@aurora@summit', ['aurora']],
  ['@aurora/@summit', ['aurora', 'summit']],
  ['@aurora- or @aurora--2', ['aurora']],
  ['@aurora–2', ['aurora']],
  ['write to me@aurora, me_@aurora or @@aurora', []],
  ['cafe\u0301@aurora', []],
  ['3 @ 5, a @ and a -@-', []],
  ['-@aurora', ['aurora']],
  ['@aurora_2', ['aurora_2']],
  ['@_aurora', ['_aurora']],
  ['@auroras and @aurora-20', ['auroras', 'aurora-20']],
  ['@aurora-2_3', ['aurora-2_3']],
  ['@auror\u0301a and @auro\u0155a', ['auro\u0155a']],
  ['@aurora\u0301', ['auror\u00e1']],
  ['海辺の@aurora', ['aurora']],
  ['@auroraの海辺', ['aurora']],
  ['サッカー@aurora', ['aurora']],
  ['か\u3099@aurora', ['aurora']],
  ['ｶﾞ@aurora', ['aurora']],
  ['해변의 @aurora가 있다', ['aurora']],
  ['해변@aurora', ['aurora']],
  ['ที่ชายหาด@auroraสวย', ['aurora']],
  ['＠aurora on a beach', ['aurora']],
  ['海辺の＠ａｕｒｏｒａ－２、夕方', ['aurora-2']],
  ['﹫AURORA', ['aurora']],
  ['@aurora\u20112 or @aurora\u20102', ['aurora-2']],
  ['@\u200baurora', ['aurora']],
  ['☀️@aurora', ['aurora']],
  ['mail＠@aurora, café＠aurora, me@＠aurora', []],
  ['@日本 on a beach', ['日本']],
];

describe.each(CASES)('%j', (prompt, names) => {
  const unknown = names.find((name) => !KNOWN.includes(name));

  it('names these concepts, and its parts are the prompt', () => {
    expect(mentionedNames(prompt)).toEqual(names);
    const texts = parseMentions(prompt).map(({ text }) => text);
    expect(texts.join('')).toBe(prompt);
  });

  it('is read so by the panel', () => {
    const problem = nameProblem(
      { ...emptyGenerate(), prompt },
      KNOWN.map((name) => concept({ name })),
    );
    expect(problem?.name).toBe(unknown);
    if (names[0] !== undefined) expect(withProduct(prompt, names[0])).toBe(prompt);
  });

  it('is read so by the companion', () => {
    const known = KNOWN.map((name) => ({ name, identifier: 'zqx', classWord: 'bottle' }));
    if (unknown !== undefined) {
      expect(() => resolvePrompt(prompt, known)).toThrow(LikenessError);
      return;
    }
    const { parts, concepts } = resolvePrompt(prompt, known);
    expect(concepts.map(({ name }) => name)).toEqual(KNOWN.filter((name) => names.includes(name)));
    const { text, mentions } = expandMentions(parts, known);
    expect(new Set(mentions.keys())).toEqual(new Set(names));
    const plain = parts.map((part) => (part.name === undefined ? part.text : 'zqx bottle')).join('');
    expect(text.replaceAll(' ', '')).toBe(plain.replaceAll(' ', ''));
    for (const { start, end } of [...mentions.values()].flat()) {
      expect(text.slice(start, end)).toBe('zqx bottle');
      expect(`${text[start - 1] ?? ''}${text[end] ?? ''}`).not.toMatch(/[\p{L}\p{N}]/u);
    }
  });
});

it.each([
  ['@aurora_2', '@aurora-2'],
  ['@aurorá', '@aurora'],
  ['＠ａｕｒｏｒ', '@aurora'],
])('%s names no concept, and the nearest is offered', (prompt, offered) => {
  const known = KNOWN.map((name) => ({ name }));
  expect(() => resolvePrompt(prompt, known)).toThrow(
    expect.objectContaining({ code: 'concept-unknown', advice: `Did you mean ${offered}?` }),
  );
});

it.each([
  ['aurora-2', true],
  ['aurora-', false],
  ['aurora--2', false],
  ['-aurora', false],
  ['Aurora', false],
])('%s is a new name: %s, for prompts have to mention it whole', (name, isTaken) => {
  expect(newConceptNameSchema.safeParse(name).success).toBe(isTaken);
  if (isTaken) expect(mentionedNames(`@${name}`)).toEqual([name]);
});

it('renames mentions alone, all at once', () => {
  const swapped = new Map([
    ['a', 'b'],
    ['b', 'a'],
  ]);
  const prompt = '@A beside @b and @c, me@a.org';
  expect(renameMentions(prompt, (name) => swapped.get(name))).toBe('@b beside @a and @c, me@a.org');
});

describe('a mention under the caret', () => {
  it.each([
    ['@', 1, { start: 0, query: '' }],
    ['two of @au', 10, { start: 7, query: 'au' }],
    ['@aurora on', 4, { start: 0, query: 'aur' }],
    ['@aurora-2', 9, { start: 0, query: 'aurora-2' }],
    ['海辺の@Au', 6, { start: 3, query: 'au' }],
    ['海辺の＠ａｕ', 6, { start: 3, query: 'au' }],
  ])('%j at %i', (text, caret, expected) => expect(openMention(text, caret)).toEqual(expected));

  it.each([
    ['mail@example', 12],
    ['@aurora on', 10],
    ['@@', 2],
    ['@auroraの', 8],
    ['', 0],
  ])('is none in %j at %i', (text, caret) => expect(openMention(text, caret)).toBeUndefined());
});

describe('characters inside of a word that nobody sees', () => {
  it.each(['\u00ad', '\u200c', '\u200d', '\u2060', '\ufeff', '\u200d\u200d'])(
    'belong to it: %j',
    (joiner) => {
      const text = `@au${joiner}ro${joiner}ra-n${joiner}2`;
      expect(parseMentions(`${text} on a beach`)).toEqual([
        { text, name: 'aurora-n2' },
        { text: ' on a beach', name: undefined },
      ]);
      const typed = `@au${joiner}ro`;
      const open = openMention(`${typed}ra`, typed.length)!;
      expect(open.query).toBe('auro');
      expect(complete(`${typed}${joiner}ra`, open, 'aurora').text).toBe('@aurora ');
    },
  );

  it('end it where a space is meant, or nothing follows', () => {
    expect(parseMentions('@aurora\u200bbottle').map(({ name }) => name)).toEqual(['aurora', undefined]);
    expect(parseMentions('@aurora\u200d')[0]).toEqual({ text: '@aurora', name: 'aurora' });
  });
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

  it('leaves what is joined to the word in writing without spaces', () => {
    const text = '＠ａｕの海辺';
    expect(complete(text, openMention(text, 3)!, 'aurora').text).toBe('@aurora の海辺');
  });

  it('adds a space at the end', () => {
    expect(complete('@', { start: 0, query: '' }, 'aurora')).toEqual({ text: '@aurora ', caret: 8 });
  });
});
