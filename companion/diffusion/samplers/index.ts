/** Samplers by the names that flags and messages use. */

import { ddim } from './ddim.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { euler } from './euler.ts';
import { pndm } from './pndm.ts';
import type { Sampler } from './sampler.ts';

export type SamplerName = 'ddim' | 'euler' | 'dpmpp2m' | 'pndm';

export const samplers: Readonly<Record<SamplerName, Sampler>> = { ddim, euler, dpmpp2m, pndm };
