/** chooseDevice: the device that was asked for, or the best that passes its self-test here. */

import { saysShortOfMemory, shortageFault } from '../storage/system-fault.ts';
import './telemetry-off.ts';
import { env, listSupportedBackends } from 'onnxruntime-node';
import { LikenessError } from '../../shared/errors.ts';
import type { Precision } from '../graph/precision.ts';
import { AUTOMATIC_ORDER, DEVICES, type Device, type DevicePrecision, PRECISIONS } from './device.ts';
import { recallTrial, recordTrial, tryDevice } from './device-trial.ts';

/** A first start of a GPU compiles its shaders. */
const DEFAULT_TIMEOUT_MS = 60_000;

export interface DeviceChoice {
  readonly device: Device;
  /** Reason for this one, as one line for people. */
  readonly reason: string;
  /** Better devices that cannot be used, and why. */
  readonly refused: readonly Refusal[];
}

interface Refusal {
  readonly device: Device;
  readonly reason: string;
}

export interface ChoiceOptions {
  /** Folder for outcomes of self-tests; without it every choice tests anew. */
  readonly cacheFolder?: string;
  /** For one self-test. Default 60 s. */
  readonly timeoutMs?: number;
  /** Ends a self-test; what it would have said is not kept. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A device asked for by name must pass, else LikenessError 'device-unavailable' says why and what to do; 'auto'
 * never fails, since the CPU needs no test.
 */
export async function chooseDevice(
  wanted: Device | 'auto',
  options: ChoiceOptions = {},
): Promise<DeviceChoice> {
  if (wanted === 'cpu') return { device: 'cpu', reason: 'asked for', refused: [] };
  if (wanted !== 'auto') {
    const fault = await faultOf(wanted, options, 'fresh');
    if (fault === undefined)
      return { device: wanted, reason: 'asked for, and passed its self-test', refused: [] };
    throw new LikenessError('device-unavailable', `${wanted} cannot be used here: ${fault}`, {
      advice: ADVICE[wanted],
    });
  }
  const refused: Refusal[] = [];
  const available = availableDevices();
  for (const device of AUTOMATIC_ORDER) {
    if (!available.includes(device)) continue; // another system's
    if (device === 'cpu') break;
    const reason = await faultOf(device, options, 'recent');
    if (reason === undefined) return { device, reason: 'the best device that passed its self-test', refused };
    refused.push({ device, reason });
  }
  return { device: 'cpu', reason: 'no faster device can be used here', refused };
}

/**
 * The precision that was asked for; 'auto': half on a device that passes its self-test in it, single on the CPU, which converts
 * halves back and forth and is slower with them.
 * @throws LikenessError 'device-unavailable' for fp16 on a device that fails in it
 */
export async function choosePrecision(
  wanted: DevicePrecision | 'auto',
  device: Device,
  options: ChoiceOptions = {},
): Promise<DevicePrecision> {
  if (wanted === 'fp32' || device === 'cpu') return wanted === 'fp16' ? 'fp16' : 'fp32';
  const fault = await faultOf(device, options, wanted === 'auto' ? 'recent' : 'fresh', 'float16');
  if (fault === undefined) return 'fp16';
  if (wanted === 'auto') return 'fp32';
  throw new LikenessError('device-unavailable', `${device} cannot be used in half precision: ${fault}`, {
    advice: 'Use --precision fp32 or --precision auto.',
  });
}

/**
 * Precisions that are worth a choice on the device that would be taken: half where it passes its self-test in it. On the CPU single
 * alone: halves are converted there, and save no time.
 * @throws LikenessError 'device-unavailable'
 */
export async function precisionsHere(
  wanted: Device | 'auto',
  options: ChoiceOptions = {},
): Promise<readonly DevicePrecision[]> {
  const { device } = await chooseDevice(wanted, options);
  return (await choosePrecision('auto', device, options)) === 'fp16' ? PRECISIONS : ['fp32'];
}

const ADVICE: Readonly<Record<Exclude<Device, 'cpu'>, string>> = {
  cuda: 'Install the NVIDIA driver, CUDA 12 and cuDNN 9, and the CUDA part of onnxruntime (see the README), or use --device auto.',
  dml: 'DirectML needs Windows 10 or later and a DirectX 12 graphics card with a current driver; or use --device auto.',
  webgpu: 'WebGPU needs a graphics card with a current driver (on Linux with Vulkan); or use --device auto.',
  coreml: 'CoreML needs macOS; or use --device auto.',
};

/**
 * Undefined when the device works. A refusal is remembered too, so that 'auto' starts quickly where there is no
 * GPU; whoever names a device has perhaps just installed a driver, and gets it tested ('fresh').
 */
async function faultOf(
  device: Device,
  { cacheFolder, timeoutMs = DEFAULT_TIMEOUT_MS, signal }: ChoiceOptions,
  refusals: 'recent' | 'fresh',
  precision: Precision = 'float32',
): Promise<string | undefined> {
  const version = env.versions.node ?? env.versions.common;
  if (!availableDevices().includes(device)) {
    return `onnxruntime ${version} for ${process.platform}-${process.arch} does not have it`;
  }
  const key = `${device} onnxruntime-${version}${precision === 'float16' ? ' fp16' : ''}`;
  const known = cacheFolder === undefined ? undefined : await recallTrial(cacheFolder, key);
  if (known !== undefined && (known.fault === null || refusals === 'recent')) return known.fault ?? undefined;
  let fault: string | undefined;
  try {
    fault = await tryDevice([device, precision], timeoutMs, signal);
  } catch (error) {
    // The system starts no process now, which says nothing of the device.
    const shortage = shortageFault(error);
    if (shortage === undefined) throw error;
    return shortage.message;
  }
  const isOfDevice = fault === undefined || !saysShortOfMemory(fault);
  if (cacheFolder !== undefined && !signal?.aborted && isOfDevice) await recordTrial(cacheFolder, key, fault);
  return fault;
}

/** Devices that the installed onnxruntime package was built for; the self-test says which of them work here. */
export function availableDevices(): readonly Device[] {
  const names = new Set(listSupportedBackends().map(({ name }) => name));
  return DEVICES.filter((device) => names.has(device));
}
