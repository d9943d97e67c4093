/** Samplers by the names that flags and messages use. */

import { ddim } from './ddim.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { euler } from './euler.ts';
import { pndm } from './pndm.ts';
import type { Sampler } from './sampler.ts';

export const samplers = { ddim, euler, dpmpp2m, pndm } as const satisfies Readonly<Record<string, Sampler>>;

export type SamplerName = keyof typeof samplers;

export const SAMPLER_NAMES = Object.keys(samplers) as SamplerName[];
