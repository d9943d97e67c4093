/** speedHere: a device's speed, measured once by a test of a second or two and kept, by device, precision and onnxruntime. */

import './telemetry-off.ts';
import { join } from 'node:path';
import { env } from 'onnxruntime-node';
import { z } from 'zod';
import type { GraphWork } from '../graph/work.ts';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import { readRegularFile } from '../storage/regular-file.ts';
import type { Device } from './device.ts';
import { chooseDevice, choosePrecision } from './device-choice.ts';
import { timeDevice } from './device-trial.ts';
import type { DeviceSpeed } from './speed-test.ts';

const FILE = 'speeds.json';

/** A slow processor takes 3 s, a card that compiles its shaders more. */
const TIMEOUT_MS = 60_000;

const speeds = z.record(
  z.string(),
  z.object({ productsPerSecond: z.number().positive(), secondsPerNode: z.number().positive() }),
);

interface SpeedOptions {
  /** Keeps what was measured. */
  readonly cacheFolder: string;
  readonly device: Device | 'auto';
  /** Ends the measurement, without a result. */
  readonly signal?: AbortSignal;
  /** Called where it is not known yet, before it is measured. */
  readonly whenMeasuring?: () => void;
}

/**
 * Speed of the device that work would run on.
 * @returns undefined where it cannot be measured: nothing is told then, and the next call tries again
 * @throws LikenessError `device-unavailable`
 */
export async function speedHere(options: SpeedOptions): Promise<DeviceSpeed | undefined> {
  const { cacheFolder: folder, signal, whenMeasuring } = options;
  const { device } = await chooseDevice(options.device, { cacheFolder: folder, signal });
  const precision = await choosePrecision('auto', device, { cacheFolder: folder, signal });
  const key = `${device} ${precision} onnxruntime-${env.versions.node ?? env.versions.common}`;
  const known = await read(folder);
  if (known[key] !== undefined) return known[key];
  whenMeasuring?.();
  const speed = await timeDevice([device, precision === 'fp16' ? 'float16' : 'float32'], TIMEOUT_MS, signal);
  if (speed === undefined) return undefined;
  const text = `${JSON.stringify({ ...known, [key]: speed }, undefined, 2)}\n`;
  // A full or read-only disk: it is measured again next time.
  await writeFileAtomically(join(folder, FILE), text).catch(() => {});
  return speed;
}

/** Seconds that the work takes, about. */
export function secondsOf({ products, nodes }: GraphWork, speed: DeviceSpeed): number {
  return products / speed.productsPerSecond + nodes * speed.secondsPerNode;
}

async function read(folder: string): Promise<z.infer<typeof speeds>> {
  try {
    return speeds.parse(JSON.parse(String(await readRegularFile(join(folder, FILE)))));
  } catch {
    return {}; // missing, damaged, or of another version
  }
}
