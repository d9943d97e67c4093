/**
 * Weight packing: mapped weights copied into the layout that kernels read fastest while work with them goes on. It takes time
 * once, saves a share of every run, and needs memory of its own in place of mapped files.
 */

/** Runs of a session that are still to come. */
export interface WorkAhead {
  /** Duration of one, as measured on mapped weights. */
  readonly runSeconds: number;
  readonly runs: number;
}

/** Measured on a UNet of 860 million parameters at 256 and 512 px on two threads (docs/performance.md): 0.058. */
const SAVED_SHARE = 0.05;

/** Bytes of weights packed in a second, with the session made around them: 3.4 GB took 6.6 s. */
const BYTES_PER_SECOND = 0.5e9;

/**
 * Most of the process's own memory while it is done, by the bytes of the weights. That UNet came to 0.8 in the end;
 * the layout of convolutions is made beside theirs.
 */
const OWN_SHARE = 1.2;

/** Share of the free memory that it may take: the design tool beside it needs some too, and so do the values of a run. */
const USABLE_SHARE = 0.6;

/** @param freeBytes as `availableMemory` counts it */
export function earnsPacking(
  weightBytes: number,
  { runSeconds, runs }: WorkAhead,
  freeBytes: number,
): boolean {
  const savedSeconds = SAVED_SHARE * runSeconds * runs;
  return savedSeconds > weightBytes / BYTES_PER_SECOND && OWN_SHARE * weightBytes <= USABLE_SHARE * freeBytes;
}
