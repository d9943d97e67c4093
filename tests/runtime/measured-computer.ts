/**
 * writeMeasurements: what a computer has found out of itself at its first use, so that tests of other things do not wait for it in
 * every data folder: the processor's speed, and that no other device is used. tests/runtime tries and measures devices.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'onnxruntime-node';
import { availableDevices } from '../../companion/runtime/device-choice.ts';
import { recordTrial } from '../../companion/runtime/device-trial.ts';

const VERSION = `onnxruntime-${env.versions.node ?? env.versions.common}`;
/** About a laptop's. */
const SPEED = { productsPerSecond: 5e10, secondsPerNode: 2e-5 };

/** @param cacheFolder made where it is not there */
export async function writeMeasurements(cacheFolder: string): Promise<void> {
  await mkdir(cacheFolder, { recursive: true, mode: 0o700 });
  for (const device of availableDevices().filter((one) => one !== 'cpu')) {
    await recordTrial(cacheFolder, `${device} ${VERSION}`, 'not used by tests');
  }
  await writeFile(join(cacheFolder, 'speeds.json'), JSON.stringify({ [`cpu fp32 ${VERSION}`]: SPEED }));
}
