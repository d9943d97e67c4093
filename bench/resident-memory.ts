/** Resident memory of a process, as Linux counts it. */

import { readFileSync, writeFileSync } from 'node:fs';

export interface ResidentMemory {
  /** The most since the start of the process, or since `forgetPeak`. */
  readonly peakBytes: number;
  /** Now: `anonymousBytes` + `fileBytes`. */
  readonly residentBytes: number;
  /** Its own: heap, arena, packed weights. */
  readonly anonymousBytes: number;
  /** Mapped files: the system may drop them and read them again. */
  readonly fileBytes: number;
}

/** Undefined on systems without /proc. */
export function residentMemory(): ResidentMemory | undefined {
  if (process.platform !== 'linux') return undefined;
  const status = readFileSync('/proc/self/status', 'utf8');
  const bytes = (field: string) =>
    1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
  return {
    peakBytes: bytes('VmHWM'),
    residentBytes: bytes('VmRSS'),
    anonymousBytes: bytes('RssAnon'),
    fileBytes: bytes('RssFile'),
  };
}

/** Lets the peak start anew (proc(5), clear_refs), so that making a session and running it have each their own. */
export function forgetPeak(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5');
}
