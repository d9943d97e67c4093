/** Process for the self-test of one device, which reports to its parent: a bad driver may abort it. */
import type { Precision } from '../graph/precision.ts';
import type { Device } from './device.ts';
import { selfTest } from './self-test.ts';

/** The process's only message. A process that ends without sending it has failed. */
export interface SelfTestReport {
  /** Reason not to use the device; undefined when it passed. */
  readonly fault: string | undefined;
}

async function report(): Promise<SelfTestReport> {
  try {
    return { fault: await selfTest(process.argv[2] as Device, process.argv[3] as Precision) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

if (process.send === undefined) throw new Error('internal: the self-test must be forked');
process.send(await report(), () => process.exit(0));
