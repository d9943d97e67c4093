import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conceptTokens, expandMentions } from '../../companion/engine/generation/prompt.ts';
import { openTokenizer } from '../../companion/models/text/tokenizer.ts';
import { parseMentions } from '../../shared/mentions.ts';
import { goldenAbsent, goldenFolder } from '../diffusion/golden.ts';

const aurora = { name: 'aurora', identifier: 'zqx', classWord: 'bottle' };
const auroraTwo = { name: 'aurora-two', identifier: 'rcn', classWord: 'coffee mug' };
const expanded = (prompt: string) => expandMentions(parseMentions(prompt), [aurora, auroraTwo]);

describe('mentions', () => {
  it.each([
    ['@aurora on a beach', 'zqx bottle on a beach'],
    ['a photo of @Aurora, sunset', 'a photo of zqx bottle, sunset'],
    ["(@aurora's cap)", "(zqx bottle's cap)"],
    ['@aurora-two and @aurora', 'rcn coffee mug and zqx bottle'],
    ['@aurora twofold', 'zqx bottle twofold'],
    ['write to me@aurora or @@aurora', 'write to me@aurora or @@aurora'],
    ['3 @ 5 and a @', '3 @ 5 and a @'],
    ['no concept', 'no concept'],
  ])('%s becomes %s', (prompt, text) => {
    expect(expanded(prompt).text).toBe(text);
  });

  it('keeps where every mention went', () => {
    const { text, mentions } = expanded('bottle: @aurora, @aurora-two, @aurora');
    const words = (name: string) => mentions.get(name)!.map(({ start, end }) => text.slice(start, end));
    expect(words('aurora')).toEqual(['zqx bottle', 'zqx bottle']);
    expect(words('aurora-two')).toEqual(['rcn coffee mug']);
    expect(mentions.get('aurora')![0]).toEqual({ start: 8, end: 18 });
  });

  it.skipIf(goldenAbsent)("become the concept's tokens, not those of the same word elsewhere", async () => {
    const clip = await openTokenizer(join(goldenFolder, 'tokenizer_full'));
    const parsed = expanded('a bottle by @aurora-two, (@aurora) and @aurora');
    const tokens = conceptTokens({ tokenizers: [clip] }, parsed);
    const ids = clip.encode(parsed.text).ids;
    const spelled = (name: string) => tokens.get(name)!.map((index) => clip.token(ids[index]!));
    expect(spelled('aurora-two')).toEqual(['rcn</w>', 'coffee</w>', 'mug</w>']);
    expect(spelled('aurora')).toEqual(['z', 'qx</w>', 'bottle</w>', 'z', 'qx</w>', 'bottle</w>']);
    expect(tokens.get('aurora-two')![0]).toBe(4);
  });
});
