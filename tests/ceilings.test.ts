/** Holds the source tree to what a restructuring has reached: `node --import tsx tests/measures.ts --list` says where. */

import { expect, it } from 'vitest';
import { type MeasureName, measureSources } from './measures.ts';

/** They may only fall. Headers stand in prose.test.ts. */
const CEILINGS: Readonly<Record<Exclude<MeasureName, Floor | 'indirect headers'>, number>> = {
  'architecture by name': 4,
  'parts by name': 0,
  'import cycles': 0,
  'docstrings beginning Of': 0,
  'indirect docstrings': 0,
  'longest file': 250,
  'longest file, companion': 250,
  'types of two meanings': 0,
  'values of two meanings': 0,
  'small files with one importer beside them': 3,
};

type Floor = 'median lines' | 'median lines, companion';

/** They may only rise: many of the files are fragments. */
const FLOORS: Readonly<Record<Floor, number>> = {
  'median lines': 92,
  'median lines, companion': 98,
};

const measures = measureSources();

it.each(Object.entries(CEILINGS))('%s: at most %i', (name, ceiling) => {
  const { value, offenders } = measures[name as keyof typeof CEILINGS];
  expect(value, offenders.join('\n')).toBeLessThanOrEqual(ceiling);
});

it.each(Object.entries(FLOORS))('%s: at least %i', (name, floor) => {
  expect(measures[name as Floor].value).toBeGreaterThanOrEqual(floor);
});
