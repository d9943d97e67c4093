import { expect, it } from 'vitest';
import { isExpired } from '../../shared/protocol/concept.ts';

it('ends with the last day of use, where the designer is', () => {
  const rights = { expires: '2026-03-04' };
  expect(isExpired(rights, new Date(2026, 2, 4, 0, 1))).toBe(false);
  expect(isExpired(rights, new Date(2026, 2, 4, 23, 59))).toBe(false);
  expect(isExpired(rights, new Date(2026, 2, 5, 0, 1))).toBe(true);
});

it('never ends where no day is named', () => {
  expect(isExpired({}, new Date(2999, 0, 1))).toBe(false);
});
