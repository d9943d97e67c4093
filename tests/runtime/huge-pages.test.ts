/** Large pages are asked for on Linux, beside what is set already. */

import { describe, expect, it } from 'vitest';
import { withHugePages } from '../../companion/runtime/huge-pages.ts';

describe('large pages', () => {
  it.each([
    [{}, 'glibc.malloc.hugetlb=1'],
    [{ GLIBC_TUNABLES: 'glibc.malloc.arena_max=1' }, 'glibc.malloc.arena_max=1:glibc.malloc.hugetlb=1'],
    [{ GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' }, 'glibc.malloc.hugetlb=0'],
  ])('%o', (environment, tunables) => {
    expect(withHugePages({ PATH: '/bin', ...environment }, 'linux')).toEqual({
      PATH: '/bin',
      GLIBC_TUNABLES: tunables,
    });
  });

  it.each(['darwin', 'win32'] as const)('nothing is set on %s', (platform) => {
    expect(withHugePages({ PATH: '/bin' }, platform)).toEqual({ PATH: '/bin' });
  });
});
