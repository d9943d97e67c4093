/** Holds the form of headers: a file's first comment names the exported thing, and is no indirect question. */

import { expect, it } from 'vitest';
import { measureSources } from './measures.ts';

/** May only fall, to 0. */
const INDIRECT_HEADERS = 112;

it(`${INDIRECT_HEADERS} files at most begin with What, Whether, Of, How, Where, Which, That, Why or Who`, () => {
  const { value, offenders } = measureSources()['indirect headers'];
  expect(value, offenders.join('\n')).toBeLessThanOrEqual(INDIRECT_HEADERS);
});
