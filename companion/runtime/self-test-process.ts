/** Runs the self-test of one device in a process of its own and tells the parent: a bad driver may abort us. */
import type { Device } from './device.ts';
import { selfTest } from './self-test.ts';

/** What the process sends, once. A process that ends without sending has failed. */
export interface SelfTestReport {
  /** Why the device must not be used; undefined when it passed. */
  readonly fault: string | undefined;
}

async function report(): Promise<SelfTestReport> {
  try {
    return { fault: await selfTest(process.argv[2] as Device) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

if (process.send === undefined) throw new Error('internal: the self-test must be forked');
process.send(await report(), () => process.exit(0));
