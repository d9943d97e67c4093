/** What self-tests found, in one small JSON file of the cache folder. Losing it costs seconds, so it never fails. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../storage/atomic-file.ts';

const FILE = 'devices.json';

/** Drivers change: what passed is tested again after a month, what failed after a day. */
const DAY_MS = 24 * 60 * 60 * 1000;
const PASS_LIFETIME_MS = 30 * DAY_MS;
const FAULT_LIFETIME_MS = DAY_MS;

const Trial = z.object({
  /** Why the device must not be used; null when it passed. */
  fault: z.string().nullable(),
  /** Milliseconds since 1970. */
  testedAtMs: z.number(),
});
const Trials = z.record(z.string(), Trial);

export type Trial = z.infer<typeof Trial>;

/** The last outcome under `key`, unless it is too old to rely on. */
export async function recallTrial(folder: string, key: string): Promise<Trial | undefined> {
  const trial = (await read(folder))[key];
  if (trial === undefined) return undefined;
  const ageMs = Date.now() - trial.testedAtMs;
  const lifetimeMs = trial.fault === null ? PASS_LIFETIME_MS : FAULT_LIFETIME_MS;
  return ageMs >= 0 && ageMs < lifetimeMs ? trial : undefined;
}

export async function recordTrial(folder: string, key: string, fault: string | undefined): Promise<void> {
  const trials = { ...(await read(folder)), [key]: { fault: fault ?? null, testedAtMs: Date.now() } };
  try {
    await writeFileAtomically(join(folder, FILE), `${JSON.stringify(trials, undefined, 2)}\n`);
  } catch {
    // A full or read-only disk: the device is tested again next time.
  }
}

async function read(folder: string): Promise<Record<string, Trial>> {
  try {
    return Trials.parse(JSON.parse(await readFile(join(folder, FILE), 'utf8')));
  } catch {
    return {}; // missing, damaged, or of another version
  }
}
