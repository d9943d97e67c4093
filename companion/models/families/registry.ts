/** Every model family that there are graphs for. Another one is a folder beside this file, and a line here and in formats.ts. */

import type { Checkpoint } from '../../checkpoint/component.ts';
import type { Precision } from '../../graph/precision.ts';
import type { ModelFamily } from '../family.ts';
import { stableDiffusion } from './stable-diffusion/family.ts';
import { stableDiffusionXl } from './stable-diffusion-xl/family.ts';

const FAMILIES: readonly ModelFamily[] = [stableDiffusion, stableDiffusionXl];

/** A model's family and its configs as plain data: all of a model that decides a graph. */
export interface ModelConfig {
  readonly family: string;
  readonly config: unknown;
  /** Precision of graphs of the denoiser; text encoders and codec alone are of full precision. Default: full. */
  readonly precision?: Precision;
}

export function familyOf({ family: id }: Pick<ModelConfig, 'family'>): ModelFamily {
  const family = FAMILIES.find(({ format }) => format.id === id);
  if (family === undefined) throw new Error(`internal: no model family is called ${id}`);
  return family;
}

/** @throws LikenessError `checkpoint-unsupported` for the first setting that no graph knows */
export function modelConfigOf({ format, components, modelIndex, name }: Checkpoint): ModelConfig {
  const configs = { of: (component: string) => components.get(component)?.config, index: modelIndex };
  const config = familyOf({ family: format.id }).parse(configs, name);
  return { family: format.id, config };
}
