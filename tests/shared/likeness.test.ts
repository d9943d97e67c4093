import { expect, it } from 'vitest';
import { type Likeness, likenessOf, likenessVerdict, notYetAdvice } from '../../shared/likeness.ts';

/** Measured on the embedded model. */
const mug = { lossRatio: 0.58, colourOverlap: 0.81, detailRatio: 0.51, maskShare: 0.36, maskPieces: 1 };
const chair = { lossRatio: 0.78, colourOverlap: 0.38, detailRatio: 0.45, maskShare: 0.21, maskPieces: 3 };
const duck = { lossRatio: 0.65, colourOverlap: 0.43, detailRatio: 0.27, maskShare: 0.33, maskPieces: 1 };
const dog = { lossRatio: 0.74, colourOverlap: 0.77, detailRatio: 0.21, maskShare: 0.38, maskPieces: 1 };
const wrongMug = { lossRatio: 0.49, colourOverlap: 0.24, detailRatio: 0.42, maskShare: 0.39, maskPieces: 1 };

it.each<[string, Likeness]>([
  ['mug', mug],
  ['chair of which the mask has legs', chair],
])('is right of a %s that was learned', (_, likeness) => {
  expect(likenessVerdict(likeness)).toBe('looks-like');
});

it.each<[string, Likeness]>([
  ['a photographed duck became a patch', duck],
  ['a photographed backpack became patches of its colours', dog],
  ['a mug has other colours', wrongMug],
  ['nothing was learned', { ...mug, lossRatio: 1 }],
  ['the mask covers all', { ...mug, maskShare: 0.9 }],
  ['the mask is nowhere', { ...mug, maskShare: 0, maskPieces: 0 }],
  ['the mask is scattered', { ...mug, maskPieces: 12 }],
])('is not yet right where %s', (_, likeness) => {
  expect(likenessVerdict(likeness)).toBe('not-yet');
});

it('is read from the figures of a concept, and is unknown of one that has none', () => {
  expect(likenessOf({ seconds: 3, finalLoss: 0.1, ...mug })).toEqual(mug);
  expect(likenessOf({ seconds: 3, finalLoss: 0.1 })).toBeUndefined();
});

it('sends people to a full-size model where the model is the demonstration', () => {
  expect(notYetAdvice({ isDemonstration: true }).join(' ')).toContain('full-size model');
  expect(notYetAdvice({ isDemonstration: false }).join(' ')).not.toContain('full-size model');
});
