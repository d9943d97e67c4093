import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conceptTokens, parseMentions } from '../../companion/models/prompt.ts';
import { openTokenizer } from '../../companion/models/text/tokenizer.ts';
import { goldenAbsent, goldenFolder } from '../diffusion/golden.ts';

const aurora = { name: 'aurora', identifier: 'zqx', classWord: 'bottle' };
const auroraTwo = { name: 'aurora two', identifier: 'rcn', classWord: 'coffee mug' };
const concepts = [aurora, auroraTwo];

describe('mentions', () => {
  it.each([
    ['@aurora on a beach', 'zqx bottle on a beach'],
    ['a photo of @Aurora, sunset', 'a photo of zqx bottle, sunset'],
    ["(@aurora's cap)", "(zqx bottle's cap)"],
    ['@aurora two and @aurora', 'rcn coffee mug and zqx bottle'],
    ['@aurora twofold', 'zqx bottle twofold'],
    ['write to me@aurora or @@aurora', 'write to me@aurora or @@aurora'],
    ['3 @ 5 and a @', '3 @ 5 and a @'],
    ['no concept', 'no concept'],
  ])('%s becomes %s', (prompt, text) => {
    expect(parseMentions(prompt, concepts).text).toBe(text);
  });

  it('keeps where every mention went', () => {
    const { text, mentions } = parseMentions('bottle: @aurora, @aurora two, @aurora', concepts);
    const words = (name: string) => mentions.get(name)!.map(({ start, end }) => text.slice(start, end));
    expect(words('aurora')).toEqual(['zqx bottle', 'zqx bottle']);
    expect(words('aurora two')).toEqual(['rcn coffee mug']);
    expect(mentions.get('aurora')![0]).toEqual({ start: 8, end: 18 });
  });

  it.each([
    [
      '@aurra on a beach',
      'no concept is named @aurra; known are @aurora, @aurora two',
      'Did you mean @aurora?',
    ],
    ['@auroras', 'no concept is named @auroras; known are @aurora, @aurora two', 'Did you mean @aurora?'],
    ['@lamp', 'no concept is named @lamp; known are @aurora, @aurora two', expect.stringContaining('Teach')],
  ])('refuses %s', (prompt, message, advice) => {
    expect(() => parseMentions(prompt, concepts)).toThrow(
      expect.objectContaining({ code: 'concept-unknown', message, advice }),
    );
  });

  it.skipIf(goldenAbsent)("become the concept's tokens, not those of the same word elsewhere", async () => {
    const clip = await openTokenizer(join(goldenFolder, 'tokenizer_full'));
    const parsed = parseMentions('a bottle by @aurora two, (@aurora) and @aurora', concepts);
    const tokens = conceptTokens(clip, parsed);
    const ids = clip.encode(parsed.text).ids;
    const spelled = (name: string) => tokens.get(name)!.map((index) => clip.token(ids[index]!));
    expect(spelled('aurora two')).toEqual(['rcn</w>', 'coffee</w>', 'mug</w>']);
    expect(spelled('aurora')).toEqual(['z', 'qx</w>', 'bottle</w>', 'z', 'qx</w>', 'bottle</w>']);
    expect(tokens.get('aurora two')![0]).toBe(4);
  });
});
