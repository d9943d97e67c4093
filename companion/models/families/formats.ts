/** Files of every family: what a base model or a LoRA on disk may be. Loads no graph. */

import { openCheckpointAs } from '../../checkpoint/checkpoint.ts';
import type { Checkpoint, CheckpointConfigs, CheckpointFormat } from '../../checkpoint/component.ts';
import type { Architecture, FamilyFormat } from '../family.ts';
import { stableDiffusionFormat } from './stable-diffusion/format.ts';
import { stableDiffusionXlFormat } from './stable-diffusion-xl/format.ts';

export const FORMATS: readonly FamilyFormat[] = [stableDiffusionFormat, stableDiffusionXlFormat];

export const ARCHITECTURES: readonly Architecture[] = FORMATS.flatMap(({ architectures }) => architectures);

/** Architecture of a LoRA file that names none: by far the most common one. */
export const USUAL_ARCHITECTURE = ARCHITECTURES[0]!;

/** @throws Error (a bug) for a name that is none: concept files are checked when they are read */
export function formatOfArchitecture(id: string): FamilyFormat {
  const format = FORMATS.find(({ architectures }) => architectures.some((known) => known.id === id));
  if (format === undefined) throw new Error(`internal: no family has the architecture ${id}`);
  return format;
}

/** A base model of any family; errors as openCheckpointAs. */
export function openCheckpoint(path: string): Promise<Checkpoint> {
  return openCheckpointAs(path, FORMATS, requireConfigs);
}

/** Graphs are loaded here alone, where there is a model to open. */
async function requireConfigs(
  format: CheckpointFormat,
  configs: CheckpointConfigs,
  model: string,
): Promise<void> {
  const { familyOf } = await import('./registry.ts');
  const family = familyOf({ family: format.id });
  family.parse(configs, model);
  family.noiseProcess(configs.scheduler);
}
