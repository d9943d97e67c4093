/** One thing that is measured, and the form in which it answers. */

import type { Device } from '../companion/runtime/device.ts';

export interface BenchOptions {
  /** A small subset, in seconds. */
  readonly quick: boolean;
  /** Models at their real size too: minutes, and gigabytes of memory and disk. */
  readonly full: boolean;
  /** Folder for models at their real size, and for what is converted of them. */
  readonly cache: string;
  /** Figures of a subject to measure; undefined for all. */
  readonly figures: readonly string[] | undefined;
  readonly threads: number;
  /** Device of the subjects that are measured by the wall clock. */
  readonly device: Device;
  /** Checkpoints to measure, as folders. */
  readonly models: readonly string[];
  /** Keep the random checkpoint of `full` for the next run. */
  readonly keep: boolean;
  /** Says what is being done; shown, not kept. */
  readonly progress: (what: string) => void;
}

/** A line of a table: what was measured, and figures with their unit in the key. */
export interface Row {
  readonly case: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** A promise of the project, held against what was measured. */
export interface Target {
  readonly name: string;
  readonly measured: number;
  readonly unit: 'x' | 'GB' | 'ms' | 's';
  readonly limit: number;
  readonly direction: 'at most' | 'at least';
  /** Measured by the wall clock while others used the cores: neither met nor missed. */
  readonly unsure?: boolean;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly targets?: readonly Target[];
  /** Notes that a reader needs to understand the figures. */
  readonly note?: string;
}

/** Answers a section for each model or size that it measured. */
export type Subject = (options: BenchOptions) => AsyncGenerator<Section>;

export type Verdict = 'ok' | 'missed' | 'unsure';

export function verdict({ measured, limit, direction, unsure }: Target): Verdict {
  if (unsure === true) return 'unsure';
  return (direction === 'at most' ? measured <= limit : measured >= limit) ? 'ok' : 'missed';
}
