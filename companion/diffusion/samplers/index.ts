/** Samplers by the names that flags and messages use. */

import { ddim } from './ddim.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { dpmpp2mSde } from './dpmpp-2m-sde.ts';
import { euler } from './euler.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import { lcm } from './lcm.ts';
import { pndm } from './pndm.ts';
import type { Sampler } from './sampler.ts';
import { tcd } from './tcd.ts';
import { unipc } from './unipc.ts';

export const samplers = {
  ddim,
  euler,
  dpmpp2m,
  pndm,
  unipc,
  'euler-ancestral': eulerAncestral,
  'dpmpp2m-sde': dpmpp2mSde,
  lcm,
  tcd,
} as const satisfies Readonly<Record<string, Sampler>>;

export type SamplerName = keyof typeof samplers;

export const SAMPLER_NAMES = Object.keys(samplers) as SamplerName[];
