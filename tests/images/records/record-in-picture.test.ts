import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../companion/images/encode.ts';
import { plainPicture } from '../../../companion/images/picture.ts';
import type { GenerationRecord } from '../../../companion/images/records/generation-record.ts';
import { withPngText } from '../../../companion/images/records/png-text.ts';
import { recordInPicture } from '../../../companion/images/records/record-in-picture.ts';

const RECORD: GenerationRecord = {
  prompt: '@aurora on a beach',
  negativePrompt: 'blurry',
  seed: 7,
  steps: 24,
  sampler: 'ddim',
  guidance: 2,
  model: { name: 'likeness-base-128', sha256: 'ab' },
  concepts: [{ id: 'aurora-1', name: 'aurora', version: 2, strength: 0.8, rights: {} }],
  settings: { mask: 'adaptive' },
};

const plain = plainPicture(4, 4, [9, 9, 9]);
const withText = async (text: string) => withPngText(await encodePng(plain), [{ keyword: 'likeness', text }]);

describe('recordInPicture', () => {
  it('reads what encodePng wrote', async () => {
    expect(recordInPicture(await encodePng(plain, RECORD))).toEqual({
      prompt: '@aurora on a beach',
      negativePrompt: 'blurry',
      seed: 7,
      steps: 24,
      sampler: 'ddim',
      guidance: 2,
      model: { name: 'likeness-base-128' },
      concepts: [{ name: 'aurora', strength: 0.8 }],
    });
  });

  it.each([
    ['no JSON', 'hello'],
    ['a number', '7'],
    ['no prompt', JSON.stringify({ ...RECORD, prompt: undefined })],
    ['a prompt as long as a book', JSON.stringify({ ...RECORD, prompt: 'a'.repeat(100_000) })],
    ['a seed below 0', JSON.stringify({ ...RECORD, seed: -1 })],
    ['steps without end', JSON.stringify({ ...RECORD, steps: 1e9 })],
    [
      'a concept whose name is a path',
      JSON.stringify({ ...RECORD, concepts: [{ name: '../x', strength: 1 }] }),
    ],
  ])('takes %s for no record', async (_, text) => {
    expect(recordInPicture(await withText(text))).toBeUndefined();
  });

  it('takes what is no PNG, or cut short, for none', async () => {
    const png = await encodePng(plain, RECORD);
    expect(recordInPicture(png.subarray(0, 60))).toBeUndefined();
    expect(recordInPicture(new TextEncoder().encode('no picture'))).toBeUndefined();
    expect(recordInPicture(new Uint8Array())).toBeUndefined();
  });
});
