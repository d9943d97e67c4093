import { execFile } from 'node:child_process';
import { mkdtemp, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openTokenizer } from '../../companion/models/text/tokenizer.ts';
import { readRecommendedSettings, usualGuidanceResidual } from '../../companion/pipeline/settings.ts';

async function sampling(settings: Record<string, unknown>) {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-test-'));
  await writeFile(join(folder, 'likeness.json'), JSON.stringify({ sampling: settings }));
  return (await readRecommendedSettings(folder)).sampling;
}

describe('halves of guidance', () => {
  it('are read under their name, and under the one before', async () => {
    expect((await sampling({ guidanceResidual: 'both' })).guidanceResidual).toBe('both');
    expect((await sampling({ unconditional: 'masked' })).guidanceResidual).toBe('both');
    expect((await sampling({ unconditional: 'base' })).guidanceResidual).toBe('conditional');
    expect(await sampling({ unconditional: 'base' })).not.toHaveProperty('unconditional');
    await expect(sampling({ guidanceResidual: 'half' })).rejects.toMatchObject({ code: 'checkpoint-format' });
  });

  it('are both for the full residual, else as the model recommends, else the conditional one', () => {
    expect(usualGuidanceResidual({ mask: 'full', guidanceResidual: 'conditional' })).toBe('both');
    expect(usualGuidanceResidual({ mask: 'adaptive', guidanceResidual: 'both' })).toBe('both');
    expect(usualGuidanceResidual({ mask: 'median', guidanceResidual: undefined })).toBe('conditional');
  });
});

it('are named in docs/settings.md, each of them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-test-'));
  const { teaching, sampling: ofPictures, ...own } = await readRecommendedSettings(folder);
  const page = await readFile(new URL('../../docs/settings.md', import.meta.url), 'utf8');
  const [, table = ''] = /## A model's own settings\n([\s\S]*?)\n## /.exec(page) ?? [];
  const named = new Set(table.match(/\w+/g));
  const keys = [own, teaching, ofPictures].flatMap((settings) => Object.keys(settings));
  expect(keys.length).toBeGreaterThan(20);
  expect(keys.filter((key) => !named.has(key))).toEqual([]);
});

it.skipIf(process.platform === 'win32')(
  'a pipe among the files of a model is refused, and not waited for',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'likeness-test-'));
    await promisify(execFile)('mkfifo', [join(folder, 'likeness.json'), join(folder, 'tokenizer.json')]);
    await expect(readRecommendedSettings(folder)).rejects.toMatchObject({ code: 'checkpoint-format' });
    await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'checkpoint-missing' });
  },
);

it('a document of half a gigabyte is refused and not read, and so are more words than clients show', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-test-'));
  const file = join(folder, 'likeness.json');
  await writeFile(file, '{}');
  await truncate(file, 2 ** 29);
  const before = process.resourceUsage().maxRSS;
  await expect(readRecommendedSettings(folder)).rejects.toMatchObject({ code: 'checkpoint-format' });
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(200_000);
  await writeFile(file, JSON.stringify({ classWords: Array(100_000).fill('toy') }));
  await expect(readRecommendedSettings(folder)).rejects.toThrow(/classWords/);
});
