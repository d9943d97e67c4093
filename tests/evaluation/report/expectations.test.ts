import { expect, it } from 'vitest';
import type { EvaluationFigures } from '../../../evaluation/report/evaluation-figures.ts';
import { expectations } from '../../../evaluation/report/expectations.ts';
import { interval, percent, points, signed } from '../../../evaluation/statistics/interval.ts';

const exactly = (mean: number, margin = 0.01) => ({ mean, low: mean - margin, high: mean + margin });
const right = { product: true, colour: true, pattern: true, scene: true };
const comparison = {
  identityGain: exactly(0.05),
  sceneGain: exactly(-0.04),
  backgroundRatio: exactly(0.5),
};

const good: EvaluationFigures = {
  base: {
    prompts: 500,
    accuracy: {
      product: exactly(0.85),
      colour: exactly(0.9),
      pattern: exactly(0.2),
      scene: exactly(0.99),
    },
    colourOfPlain: undefined,
    bothColours: undefined,
    fixed: Array.from({ length: 16 }, (_, index) => ({
      prompt: `prompt ${index}`,
      right: { ...right, scene: index >= 2 },
    })),
  },
  products: [],
  arms: [],
  comparisons: [
    { arm: 'median', ...comparison, identityGain: exactly(-0.1) },
    { arm: 'adaptive', ...comparison },
  ],
  overlapGains: { adaptive: exactly(0.16), attention: exactly(0.05) },
  teachingSeconds: undefined,
  drift: [{ product: 'aurora', prompt: 'a mug', isSameAfterUse: true, isSameWhenLoaded: true }],
  localized: 'adaptive',
};

function failing(figures: EvaluationFigures): string[] {
  return expectations(figures).flatMap(({ holds, measured }) => (holds === false ? [measured] : []));
}

it('holds at the limits, and leaves open what it cannot tell', () => {
  expect(failing(good)).toEqual([]);
  expect(expectations(good).filter(({ holds }) => holds === undefined)).toHaveLength(1);
});

it('judges localized sampling by the mask that the model recommends', () => {
  expect(failing({ ...good, localized: 'median' })).toEqual(['−0.100 (−0.110 to −0.090)']);
});

it('takes a margin within the confidence interval for none', () => {
  const comparisons = [{ arm: 'adaptive' as const, ...comparison, identityGain: exactly(0.05, 0.06) }];
  expect(failing({ ...good, comparisons })).toEqual(['+0.050 (−0.010 to +0.110)']);
});

it('wants masks by attention above the median’s, outside the confidence interval', () => {
  const overlapGains = { ...good.overlapGains, attention: exactly(0.05, 0.06) };
  expect(failing({ ...good, overlapGains })).toEqual(['+0.050 (−0.010 to +0.110)']);
});

it('wants every class unchanged', () => {
  const drift = [...good.drift, { ...good.drift[0]!, isSameWhenLoaded: false }];
  expect(failing({ ...good, drift })).toEqual(['1 of 2']);
});

it('writes intervals for people', () => {
  expect(interval(exactly(0.9), percent)).toBe('90 % (89 % to 91 %)');
  expect(
    interval({ mean: 0.25, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }, signed),
  ).toBe('+0.250');
  expect(points(-0.035)).toBe('−3.5 points');
});
