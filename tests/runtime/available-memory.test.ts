import { totalmem } from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { availableMemory, cachedFileBytes } from '../../companion/runtime/available-memory.ts';

afterEach(() => vi.restoreAllMocks());

it('is what the system counts, where that includes what caches give back', () => {
  vi.spyOn(process, 'platform', 'get').mockReturnValue('win32');
  vi.spyOn(process, 'availableMemory').mockReturnValue(3e9);
  expect(availableMemory()).toBe(3e9);
});

it('is not the few free pages of a Mac', () => {
  vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
  vi.spyOn(process, 'availableMemory').mockReturnValue(1e8);
  expect(availableMemory()).toBe(totalmem() / 2);
});

it('counts the files that a container has cached as free', () => {
  const stat = 'anon 1000\nfile 700\ninactive_anon 5\ninactive_file 300\nactive_file 400\nworkingset 9\n';
  expect(cachedFileBytes(stat)).toBe(700);
  expect(cachedFileBytes('')).toBe(0);
});

it('is some of the memory that this machine has', () => {
  expect(availableMemory()).toBeGreaterThan(0);
  expect(availableMemory()).toBeLessThanOrEqual(totalmem());
});
