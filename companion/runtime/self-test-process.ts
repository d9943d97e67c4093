/** Process for the tests of one device, which reports to its parent: a bad driver may abort it. */
import type { Precision } from '../graph/precision.ts';
import type { Device } from './device.ts';
import { selfTest } from './self-test.ts';
import { type DeviceSpeed, speedTest } from './speed-test.ts';

/** The process's only message. A process that ends without sending it has failed. */
export interface SelfTestReport {
  /** Reason not to use the device; undefined when it passed. */
  readonly fault: string | undefined;
  /** Present in the answer to a test of speed. */
  readonly speed?: DeviceSpeed;
}

async function report(): Promise<SelfTestReport> {
  const [device, precision, test] = process.argv.slice(2) as [Device, Precision, string | undefined];
  try {
    if (test === 'speed') return { fault: undefined, speed: await speedTest(device, precision) };
    return { fault: await selfTest(device, precision) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

if (process.send === undefined) throw new Error('internal: the self-test must be forked');
process.send(await report(), () => process.exit(0));
