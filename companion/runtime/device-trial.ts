/**
 * tryDevice: a self-test in a child process, with a time limit; the outcome is one line. Outcomes are kept in one small
 * JSON file of the cache folder, and losing it costs seconds, so that reading and writing it never fail.
 */

import type { ForkOptions } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Precision } from '../graph/precision.ts';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import { forkProcess } from '../storage/forked-process.ts';
import { readRegularFile } from '../storage/regular-file.ts';
import type { Device } from './device.ts';
import type { SelfTestReport } from './self-test-process.ts';
import type { DeviceSpeed } from './speed-test.ts';

/** Native libraries explain themselves at length; the first part says what is wrong. */
const MAX_FAULT_LENGTH = 240;

/** Undefined when the device passed; else the reason not to use it, in one line. */
export async function tryDevice(
  on: readonly [Device, Precision],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  return (await forkTest(on, timeoutMs, signal)).fault;
}

/** Speed of a device that passes its self-test; undefined where it could not be measured in time. */
export async function timeDevice(
  on: readonly [Device, Precision],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<DeviceSpeed | undefined> {
  return (await forkTest([...on, 'speed'], timeoutMs, signal)).speed;
}

async function forkTest(
  test: readonly string[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<SelfTestReport> {
  const script = new URL('./self-test-process.ts', import.meta.url);
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const options: ForkOptions = {
    execArgv: ['--import', loader],
    // What drivers print is noise for people; how the test ended comes by message.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // A group of its own: Ctrl-C on the terminal is for the command, and must not be taken for a fault of the device.
    detached: true,
    killSignal: 'SIGKILL',
    ...(signal && { signal }),
  };
  const child = forkProcess(script, options, test);
  return await new Promise((resolve) => {
    const timer = setTimeout(() => {
      finish({ fault: `its self-test did not end within ${timeoutMs / 1000} s` });
      child.kill('SIGKILL');
    }, timeoutMs);
    const finish = (report: SelfTestReport): void => {
      clearTimeout(timer);
      resolve(report);
    };
    child.once('message', (message) => {
      const report = message as SelfTestReport;
      finish({ ...report, fault: oneLine(report.fault) });
    });
    child.once('error', (error) => finish({ fault: `its self-test could not start: ${error.message}` }));
    child.once('exit', (code, signal) => {
      finish({ fault: `its self-test ended with ${signal ?? `exit code ${code}`}` });
    });
  });
}

function oneLine(fault: string | undefined): string | undefined {
  // "<source file> <C++ function> <condition> was false. <what people can read>"
  const readable = fault?.replace(/^[\s\S]* was false\. /, '');
  return readable?.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_FAULT_LENGTH);
}

const FILE = 'devices.json';

/** Drivers change: what passed is tested again after a month, what failed after a day. */
const DAY_MS = 24 * 60 * 60 * 1000;
const PASS_LIFETIME_MS = 30 * DAY_MS;
const FAULT_LIFETIME_MS = DAY_MS;

const Trial = z.object({
  /** Reason not to use the device; null when it passed. */
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
    return Trials.parse(JSON.parse(String(await readRegularFile(join(folder, FILE)))));
  } catch {
    return {}; // missing, damaged, or of another version
  }
}
