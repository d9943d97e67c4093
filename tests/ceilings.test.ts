/** Holds the source tree to what a restructuring has reached: `node --import tsx tests/measures.ts --list` says where. */

import { expect, it } from 'vitest';
import { type MeasureName, measureSources } from './measures.ts';

/** They may only fall. Headers stand in prose.test.ts. */
const CEILINGS: Readonly<Record<Exclude<MeasureName, Floor | 'indirect headers'>, number>> = {
  'architecture by name': 36,
  'parts by name': 25,
  'import cycles': 4,
  'docstrings beginning Of': 85,
  'indirect docstrings': 299,
  'longest file': 263,
  'longest file, companion': 263,
  'types of two meanings': 4,
  'values of two meanings': 1,
  'small files with one importer beside them': 10,
};

type Floor = 'median lines' | 'median lines, companion';

/** They may only rise: many of the files are fragments. */
const FLOORS: Readonly<Record<Floor, number>> = {
  'median lines': 90,
  'median lines, companion': 99,
};

const measures = measureSources();

it.each(Object.entries(CEILINGS))('%s: at most %i', (name, ceiling) => {
  const { value, offenders } = measures[name as keyof typeof CEILINGS];
  expect(value, offenders.join('\n')).toBeLessThanOrEqual(ceiling);
});

it.each(Object.entries(FLOORS))('%s: at least %i', (name, floor) => {
  expect(measures[name as Floor].value).toBeGreaterThanOrEqual(floor);
});
