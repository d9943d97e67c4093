/** Options of every command that runs a model. */

import { Option } from 'commander';
import { findModel } from '../model-store/catalogue.ts';
import { DEFAULT_MODEL } from '../model-store/default-model.ts';
import type { EngineOptions } from '../pipeline/loaded-model.ts';
import type { Device } from '../runtime/device.ts';
import type { DataFolders } from '../storage/folders.ts';
import { wholeNumber } from './options.ts';

const DEVICES: readonly (Device | 'auto')[] = ['auto', 'cpu', 'cuda', 'dml', 'webgpu', 'coreml'];

/** More than any computer of today has. */
const MAX_THREADS = 512;

export interface EngineFlags {
  readonly model?: string;
  readonly device: Device | 'auto';
  readonly threads?: number;
}

export function engineOptions(): readonly Option[] {
  return [
    new Option(
      '--model <name>',
      `base model, by name, folder or .safetensors file (default: ${DEFAULT_MODEL})`,
    ),
    new Option('--device <device>', 'what computes').choices(DEVICES).default('auto'),
    new Option('--threads <n>', 'CPU threads (default: all)').argParser(wholeNumber(1, MAX_THREADS)),
  ];
}

/** What was asked for, with the embedded model where none was named. */
export async function engineFrom(
  flags: EngineFlags,
  folders: DataFolders,
  signal: AbortSignal,
): Promise<EngineOptions> {
  const model = await findModel(flags.model ?? DEFAULT_MODEL, folders);
  return { model, device: flags.device, threads: flags.threads, cacheFolder: folders.cache, signal };
}
