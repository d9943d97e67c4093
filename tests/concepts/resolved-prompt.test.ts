import { expect, it } from 'vitest';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';

const known = [{ name: 'aurora' }, { name: 'aurora-two' }];

it.each([
  [
    '@aurra on a beach',
    'no concept is named @aurra; known are @aurora, @aurora-two',
    'Did you mean @aurora?',
  ],
  ['@Auroras', 'no concept is named @Auroras; known are @aurora, @aurora-two', 'Did you mean @aurora?'],
  [
    '@aurora, @lamp',
    'no concept is named @lamp; known are @aurora, @aurora-two',
    expect.stringContaining('Teach'),
  ],
])('refuses %s', (prompt, message, advice) => {
  expect(() => resolvePrompt(prompt, known)).toThrow(
    expect.objectContaining({ code: 'concept-unknown', message, advice }),
  );
});

it('says so where nothing is known', () => {
  expect(() => resolvePrompt('@aurora', [])).toThrow('no concept is named @aurora; there are none yet');
});
