import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseIdentifiers } from '../../companion/models/text/identifier.ts';
import { openTokenizer, type Tokenizer } from '../../companion/models/text/tokenizer.ts';
import { goldenAbsent, goldenFolder, goldenJson } from '../diffusion/golden.ts';

interface HardPrompt {
  readonly prompt: string;
  readonly hf_fast_rust: readonly number[];
  readonly n_untruncated: number;
  readonly all_agree: boolean;
}

interface Prompts {
  readonly prompts: readonly string[];
  readonly ids: readonly (readonly number[])[];
}

const full = join(goldenFolder, 'tokenizer_full');
const scratch = mkdtempSync(join(tmpdir(), 'likeness-tokenizer-'));
afterAll(() => rmSync(scratch, { recursive: true }));

describe.skipIf(goldenAbsent)('tokenizer', () => {
  let clip: Tokenizer;
  beforeAll(async () => {
    clip = await openTokenizer(full);
  });

  it("gives the reference's ids on every hard prompt, from tokenizer.json and from its parts", async () => {
    for (const name of ['vocab.json', 'merges.txt', 'special_tokens_map.json', 'tokenizer_config.json']) {
      writeFileSync(join(scratch, name), readFileSync(join(full, name)));
    }
    const prompts = goldenJson('tokenizer_full/golden_tokens.json') as readonly HardPrompt[];
    expect(prompts).toHaveLength(30);
    for (const tokenizer of [clip, await openTokenizer(scratch)]) {
      for (const { prompt, hf_fast_rust } of prompts)
        expect(tokenizer.encode(prompt).ids, prompt).toEqual(hf_fast_rust);
    }
  });

  it('reads every "!" alone where it is padding, as today\'s tokenizers do', async () => {
    const { prompts, ids, ids_2 } = goldenJson('sdxl/golden/prompts.json') as Prompts & {
      ids_2: Prompts['ids'];
    };
    const padded = await openTokenizer(join(goldenFolder, 'sdxl/pipeline/tokenizer_2'));
    const plain = await openTokenizer(join(goldenFolder, 'sdxl/pipeline/tokenizer'));
    expect(prompts).toHaveLength(30);
    for (const [row, prompt] of prompts.entries()) {
      expect(plain.encode(prompt).ids, prompt).toEqual(ids[row]);
      expect(padded.encode(prompt).ids, prompt).toEqual(ids_2[row]);
    }
  });

  it.each(['nano', 'narrow16'])('%s: follows a vocabulary of 1514 entries', async (model) => {
    const tokenizer = await openTokenizer(join(goldenFolder, model, 'pipeline/tokenizer'));
    expect(tokenizer).toMatchObject({ vocabularySize: 1514, bosId: 1512, eosId: 1513, padId: 1513 });
    const { prompts, ids } = goldenJson(`${model}/golden/prompts.json`) as Prompts;
    const hard = goldenJson('tokenizer_full/golden_tokens.json') as readonly HardPrompt[];
    // These ids come from another implementation: they count where all implementations agree.
    const disputed = new Set(hard.filter((entry) => !entry.all_agree).map((entry) => entry.prompt));
    const agreed = prompts.flatMap((prompt, row) => (disputed.has(prompt) ? [] : [row]));
    expect(agreed.length).toBeGreaterThan(20);
    for (const row of agreed) expect(tokenizer.encode(prompts[row]!).ids, prompts[row]).toEqual(ids[row]);
  });

  it('tells what did not fit', () => {
    const { ids, tokenCount, truncated, droppedText } = clip.encode(
      `${'red '.repeat(74)}one Beach at sunset`,
    );
    expect(ids).toHaveLength(77);
    expect(ids[76]).toBe(clip.eosId);
    expect({ tokenCount, truncated, droppedText }).toEqual({
      tokenCount: 77,
      truncated: 3,
      droppedText: 'beach at sunset',
    });
    expect(clip.encode('a red cup')).toMatchObject({ tokenCount: 5, truncated: 0, droppedText: '' });
  });

  it('pads with the token that the special tokens map names, as Stable Diffusion 2.x, or else the config', async () => {
    const folder = mkdtempSync(join(scratch, 'padding-'));
    for (const name of ['vocab.json', 'merges.txt']) {
      writeFileSync(join(folder, name), readFileSync(join(full, name)));
    }
    const write = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value));
    const padded = async () => (await openTokenizer(folder)).encode('cat').ids.slice(0, 5);
    write('tokenizer_config.json', { pad_token: '<|endoftext|>' });
    write('special_tokens_map.json', { pad_token: '!' });
    expect(await padded()).toEqual([49406, 2368, 49407, 0, 0]);
    write('tokenizer_config.json', { pad_token: '<|endoftext|>', added_tokens_decoder: {} });
    expect(await padded()).toEqual([49406, 2368, 49407, 49407, 49407]);
    write('tokenizer_config.json', { pad_token: '!' });
    write('special_tokens_map.json', {});
    expect(await padded()).toEqual([49406, 2368, 49407, 0, 0]);
    expect((await openTokenizer(folder)).words('wow!!')).toEqual([clip.tokenId('wow</w>'), 0, 0]);
  });

  it.each<[where: string, files: Record<string, unknown>]>([
    ['added_tokens.json', { 'added_tokens.json': { '<Red-Toy>': 49408 } }],
    [
      'tokenizer_config.json',
      {
        'tokenizer_config.json': {
          added_tokens_decoder: { 49408: { content: '<Red-Toy>', normalized: true } },
        },
      },
    ],
  ])('reads the words of textual inversions whole, from %s', async (_where, files) => {
    const folder = mkdtempSync(join(scratch, 'inversions-'));
    for (const name of ['vocab.json', 'merges.txt']) {
      writeFileSync(join(folder, name), readFileSync(join(full, name)));
    }
    for (const [name, value] of Object.entries(files))
      writeFileSync(join(folder, name), JSON.stringify(value));
    const tokenizer = await openTokenizer(folder);
    const [photo, cup] = ['photo</w>', 'cup</w>'].map((token) => clip.tokenId(token));
    expect(tokenizer.words('photo <Red-Toy> cup')).toEqual([photo, 49408, cup]);
    expect(tokenizer.words('photo <red-toy> cup')).toEqual([photo, 49408, cup]);
  });

  it('reads its files as editors leave them', async () => {
    const folder = mkdtempSync(join(scratch, 'marked-'));
    const text = (name: string) => readFileSync(join(full, name), 'utf8');
    writeFileSync(join(folder, 'vocab.json'), `\ufeff${text('vocab.json')}`);
    writeFileSync(join(folder, 'merges.txt'), `\ufeff${text('merges.txt').replaceAll('\n', '\r\n')}`);
    writeFileSync(
      join(folder, 'special_tokens_map.json'),
      `\ufeff${text('special_tokens_map.json')}`,
      'utf16le',
    );
    expect((await openTokenizer(folder)).encode('a red cup').ids).toEqual(clip.encode('a red cup').ids);
  });

  it('refuses a vocabulary or merges that are cut short, by the file', async () => {
    const vocab = JSON.parse(readFileSync(join(full, 'vocab.json'), 'utf8')) as Record<string, number>;
    const merges = readFileSync(join(full, 'merges.txt'), 'utf8').split('\n');
    const opened = (kept: readonly [string, number][], lines: readonly string[]) => {
      const folder = mkdtempSync(join(scratch, 'cut-'));
      writeFileSync(join(folder, 'vocab.json'), JSON.stringify(Object.fromEntries(kept)));
      writeFileSync(join(folder, 'merges.txt'), lines.join('\n'));
      return openTokenizer(folder).catch((error: unknown) => error);
    };
    const cut = (pattern: RegExp) => ({
      code: 'checkpoint-format',
      message: expect.stringMatching(pattern),
      advice: expect.stringContaining('tokenizer folder'),
    });
    const all = Object.entries(vocab).sort(([, a], [, b]) => a - b);
    expect(await opened(all.slice(0, 30_000), merges)).toMatchObject(cut(/vocab\.json: no token <\|/));
    const middle = all.filter(([, id]) => id < 30_000 || id > 49_405);
    expect(await opened(middle, merges)).toMatchObject(cut(/vocab\.json is cut short/));
    expect(await opened(middle, merges.slice(0, 20_000))).toMatchObject(cut(/vocab\.json is cut short/));
    expect(await opened(all, merges.slice(0, 20_000))).toMatchObject(cut(/merges\.txt is cut short/));
  });

  it('finds the tokens of a span, every sub-word of every word, and only there', () => {
    const text = 'a coffee mug beside (sks coffee mug), mugs';
    const start = text.indexOf('sks');
    const span = { start, end: start + 'sks coffee mug'.length };
    const [sks, coffee, mug] = ['sks</w>', 'coffee</w>', 'mug</w>'].map((token) => clip.tokenId(token));
    const indexes = clip.tokenIndexes(text, [span]);
    expect(indexes.map((index) => clip.encode(text).ids[index])).toEqual([sks, coffee, mug]);
    expect(indexes).toEqual([6, 7, 8]);

    const rare = 'sks antidisestablishmentarianism';
    expect(clip.tokenIndexes(`the ${rare} at night`, [{ start: 4, end: 4 + rare.length }])).toEqual(
      clip.words(rare).map((_, index) => index + 2),
    );
    expect(clip.words(rare).length).toBeGreaterThan(4);
  });

  it('leaves out tokens beyond the limit, and refuses a span within a word', () => {
    const text = `${'red '.repeat(74)}sks bottle`;
    expect(clip.tokenIndexes(text, [{ start: 74 * 4, end: text.length }])).toEqual([75]);
    expect(() => clip.tokenIndexes('sks bottles', [{ start: 0, end: 10 }])).toThrow(
      expect.objectContaining({ code: 'input' }),
    );
  });

  it('chooses rare single tokens as identifiers, each a different one', () => {
    const chosen = chooseIdentifiers([clip], { count: 5, avoid: ['RCN'], recommended: ['sks', 'zqxwv'] });
    expect(chosen[0]).toBe('sks');
    expect(new Set(chosen).size).toBe(5);
    expect(chosen).not.toContain('rcn');
    for (const word of chosen) expect(clip.words(word)).toEqual([clip.tokenId(`${word}</w>`)]);
    for (const word of chosen.slice(1)) expect(clip.tokenId(`${word}</w>`)).toBeGreaterThan(48_000);
  });

  it('names what is missing or damaged', async () => {
    const empty = mkdtempSync(join(scratch, 'empty-'));
    await expect(openTokenizer(empty)).rejects.toMatchObject({ code: 'checkpoint-missing' });
    writeFileSync(join(empty, 'vocab.json'), '{"a": 1}');
    await expect(openTokenizer(empty)).rejects.toMatchObject({ code: 'checkpoint-missing' });
    writeFileSync(join(empty, 'merges.txt'), '#version: 0.2\n');
    await expect(openTokenizer(empty)).rejects.toMatchObject({ code: 'checkpoint-format' });
    writeFileSync(join(empty, 'vocab.json'), '{"a": ');
    await expect(openTokenizer(empty)).rejects.toMatchObject({ code: 'checkpoint-format' });
  });
});
