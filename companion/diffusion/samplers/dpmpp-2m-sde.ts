/**
 * SDE-DPM-Solver++(2M): Lu et al. 2022 (arXiv 2211.01095), appendix, the multistep solver of second order with noise added
 * at every step. With h and the slopes as in DPM-Solver++(2M), at first order:
 *
 *   x_{i+1} = (σ_{i+1}/σ_i) e^{-h} x_i + α_{i+1} (1 - e^{-2h}) D_0 + σ_{i+1} √(1 - e^{-2h}) ε
 */

import { dpmpp2m, multistep } from './dpmpp-2m.ts';
import type { Sampler } from './sampler.ts';

export const dpmpp2mSde: Sampler = {
  plan: dpmpp2m.plan,
  sample: (options) => multistep(options, { isNoisy: true, highestOrder: 2 }),
};
