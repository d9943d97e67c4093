/**
 * DeviceMemory: what the device that computes has in memory of its own. A graphics card's is asked of NVIDIA's driver by
 * nvidia-smi; Macs share theirs with the processor. Cards of other makers tell Node nothing: a limit can be given.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { availableMemory } from './available-memory.ts';
import type { Device } from './device.ts';

export interface DeviceMemory {
  /** Bytes that programs may still take. */
  readonly freeBytes: number;
  /** Bytes above which work is refused: all of a card's, since its driver makes room; of the processor what is free. */
  readonly mostBytes: number;
}

export interface MemoryOwner {
  readonly device: Device;
  /** Most that a device may take which is not the processor, in bytes. */
  readonly deviceMemoryBytes?: number | undefined;
}

/** A driver that hangs must not keep a picture waiting. */
const ANSWER_MS = 5000;
/** A computer of sixteen cards answers in 300 bytes. */
const ANSWER_MAX_BYTES = 65_536;
/** Share of a Mac's memory that Metal recommends for graphics at most, on computers of 16 GB and more. */
const METAL_SHARE = 0.75;

const MEBIBYTE = 2 ** 20;

/** Undefined where nothing tells: work is then planned as if there were enough. */
export function deviceMemory({ device, deviceMemoryBytes: limit }: MemoryOwner): DeviceMemory | undefined {
  if (device === 'cpu') {
    const freeBytes = availableMemory();
    return { freeBytes, mostBytes: freeBytes };
  }
  const own = process.platform === 'darwin' ? sharedMemory() : askNvidia();
  if (limit === undefined) return own;
  const { freeBytes = limit, mostBytes = limit } = own ?? {};
  return { freeBytes: Math.min(freeBytes, limit), mostBytes: Math.min(mostBytes, limit) };
}

function sharedMemory(): DeviceMemory {
  const freeBytes = METAL_SHARE * availableMemory();
  return { freeBytes, mostBytes: freeBytes };
}

/** Undefined without NVIDIA's driver, or where it gives no sound answer in time. */
function askNvidia(): DeviceMemory | undefined {
  const query = ['--query-gpu=memory.total,memory.free', '--format=csv,noheader,nounits'];
  const { stdout, status } = spawnSync(nvidiaSmi(), query, {
    encoding: 'utf8',
    timeout: ANSWER_MS,
    killSignal: 'SIGKILL',
    maxBuffer: ANSWER_MAX_BYTES,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? cardMemory(stdout, process.env.CUDA_VISIBLE_DEVICES) : undefined;
}

/** On Windows by its whole path: a bare name would be looked for in the folder of the command first. */
function nvidiaSmi(): string {
  const { SystemRoot: root } = process.env;
  if (process.platform !== 'win32' || root === undefined) return 'nvidia-smi';
  return join(root, 'System32', 'nvidia-smi.exe');
}

/** A line a card, in mebibytes: "24564, 23010". Some cards say [N/A]. */
const CARD = /^ *(\d{1,8}), *(\d{1,8}) *$/;

/**
 * @param answer of nvidia-smi, a line for each card
 * @param visible CUDA's choice of cards, "1,0": the first of it computes; of names and anything else nothing is known
 * @internal
 */
export function cardMemory(answer: string, visible: string | undefined): DeviceMemory | undefined {
  const [first = ''] = visible === undefined || visible === '' ? ['0'] : visible.split(',');
  if (!/^\d{1,3}$/.test(first.trim())) return undefined;
  const line = answer.split(/\r?\n/)[Number(first)];
  const [, total, free] = CARD.exec(line ?? '') ?? [];
  if (total === undefined || free === undefined) return undefined;
  const [mostBytes, freeBytes] = [Number(total) * MEBIBYTE, Number(free) * MEBIBYTE];
  return mostBytes > 0 && freeBytes <= mostBytes ? { freeBytes, mostBytes } : undefined;
}
