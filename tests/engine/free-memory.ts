import { vi } from 'vitest';

/** Until `vi.restoreAllMocks`: so much memory is free, on whichever machine the test runs. */
export function freeMemory(bytes: number): void {
  vi.spyOn(process, 'availableMemory').mockReturnValue(bytes);
  // Neither a container's cached files nor a Mac's compressed memory add to it.
  vi.spyOn(process, 'constrainedMemory').mockReturnValue(Number.MAX_SAFE_INTEGER);
  vi.spyOn(process, 'platform', 'get').mockReturnValue('linux');
}
