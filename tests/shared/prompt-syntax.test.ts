import { expect, it } from 'vitest';
import { promptHints } from '../../shared/prompt-syntax.ts';

it.each([
  ['@aurora on a beach <lora:studio_v2:0.8>', ['lora'], '<lora:studio_v2:0.8>'],
  ['<LYCO: x>', ['lora'], '<LYCO: x>'],
  ['<lora:cut off', ['lora'], '<lora:cut off'],
  ['a mug, embedding:bad-hands', ['embedding'], 'embedding:bad-hands'],
  ['a (red mug:1.3) on a table', ['weight'], '(red mug:1.3)'],
  ['a (mug2:1.3)', ['weight'], '(mug2:1.3)'],
  ['a (mug:.5)', ['weight'], '(mug:.5)'],
  ['a ((red) mug:1)', ['emphasis'], '((red)'],
  ['(a (red):1.2)', ['weight'], '):1.2)'],
  ['(red mug)1.4', ['weight'], ')1.4'],
  ['(red mug)++', ['weight'], ')++'],
  ['sea::2 beach', ['weight'], '::2'],
  ['a ((red)) mug', ['emphasis'], '((red))'],
  ['a [red] mug', ['emphasis'], '[red]'],
  ['a {{red}} mug', ['emphasis'], '{red}'],
  ['[cat:dog:0.5]', ['emphasis'], '[cat:dog:0.5]'],
  ['a {red|blue} mug', ['choice'], '{red|blue}'],
  ['a mug in __place__', ['choice'], '__place__'],
  ['a mug BREAK a table', ['break'], 'BREAK'],
  ['a mug AND a table', ['break'], 'AND'],
  ['a mug --ar 16:9', ['option'], '--ar'],
  [`((${'very '.repeat(40)}red))`, ['emphasis'], `((${'very '.repeat(40)}`.slice(0, 59).concat('…')],
])('%j has %j', (prompt, syntax, text) => {
  const hints = promptHints(prompt);
  expect(hints.map((hint) => hint.syntax)).toEqual(syntax);
  expect(hints[0]!.text).toBe(text);
});

it.each([
  '@aurora on a beach, golden hour',
  'a mug (red, with a handle) on a table',
  'at 10:30, wide (16:9), ratio 4:3',
  'a sign that says "SALE AND MORE", a 1:2 scale model',
  'breakfast, a break, rock and roll',
  'a well-lit mug -- soft light',
  'a C++ book',
  '海辺の＠aurora、夕方（黄金色）',
])('%j is plain prose', (prompt) => expect(promptHints(prompt)).toEqual([]));

it('tells each kind once, with what to do instead', () => {
  const hints = promptHints('(a:1.2), (b:1.3) BREAK <lora:x:1> [c]');
  expect(hints.map(({ syntax }) => syntax)).toEqual(['lora', 'weight', 'emphasis', 'break']);
  for (const { advice } of hints) expect(advice).toMatch(/^[A-Z].*\.$/s);
});
