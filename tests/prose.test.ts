/** Holds the form of headers: a file's first comment names the exported thing, and is no indirect question. */

import { expect, it } from 'vitest';
import { measureSources } from './measures.ts';

it('no file begins with What, Whether, Of, How, Where, Which, That, Why or Who', () => {
  expect(measureSources()['indirect headers'].offenders).toEqual([]);
});
