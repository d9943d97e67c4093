import { describe, expect, it } from 'vitest';
import { conceptName } from '../../companion/cli/options.ts';

describe("a concept's name on the command line", () => {
  it.each([
    ['Aurora', 'aurora'],
    ['@AURORA-2', 'aurora-2'],
    ['＠ａｕｒｏｒａ', 'aurora'],
  ])('%s is %s, as prompts are read', (typed, name) => expect(conceptName(typed)).toBe(name));

  it.each(['Big One', 'aurora_2', 'aurorá', 'aurora--2', '2nd', ''])('%j is refused', (typed) => {
    expect(() => conceptName(typed)).toThrow('Expected a name such as aurora');
  });
});
