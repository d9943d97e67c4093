import { describe, expect, it } from 'vitest';
import { demonstrationLimit } from '../../shared/demonstration.ts';

const model = { isDemonstration: true, resolution: 128, classWords: ['mug', 'chair'] };

describe('the limit of a demonstration model', () => {
  it('is said of a product that is none of its kinds', () => {
    const limit = demonstrationLimit(model, { classWord: ' Sofa ', hasBackground: false });
    expect(limit).toContain('128 px, 2 kinds of toy');
    expect(limit).toContain('never seen a sofa');
  });

  it('is said of photographs, also of one of its kinds', () => {
    const limit = demonstrationLimit(model, { classWord: 'mug', hasBackground: true });
    expect(limit).toContain('no photographs');
    expect(limit).not.toContain('never seen');
  });

  it('is not said of what it can draw, nor before the class is known, nor of other models', () => {
    expect(demonstrationLimit(model, { classWord: 'mug', hasBackground: false })).toBeUndefined();
    expect(demonstrationLimit(model, { classWord: '', hasBackground: false })).toBeUndefined();
    const real = { ...model, isDemonstration: false };
    expect(demonstrationLimit(real, { classWord: 'sofa', hasBackground: true })).toBeUndefined();
  });
});
