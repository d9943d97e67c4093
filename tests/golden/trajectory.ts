/** One golden trajectory: the sampler and noise process of its config, its noise, and where the reference went. */

import type { Denoiser } from '../../companion/diffusion/denoiser.ts';
import type { VariancePreserving } from '../../companion/diffusion/noise-process.ts';
import { type SamplerName, samplers } from '../../companion/diffusion/samplers/index.ts';
import type { SamplerOptions, SamplingStep } from '../../companion/diffusion/samplers/sampler.ts';
import { noiseProcessOf } from '../../companion/diffusion/scheduler-config.ts';
import { keepLatents } from '../../companion/engine/generation/painting.ts';
import { type Comparison, compare, type Tolerance, TRAJECTORY, worst } from './comparison.ts';
import type { GoldenDirectory } from './golden-directory.ts';
import { Absent, type GoldenTensors, row } from './golden-tensors.ts';

const SAMPLER_OF_CLASS: Readonly<Record<string, SamplerName>> = {
  DDIMScheduler: 'ddim',
  EulerDiscreteScheduler: 'euler',
  EulerAncestralDiscreteScheduler: 'euler-ancestral',
  DPMSolverMultistepScheduler: 'dpmpp2m',
  LCMScheduler: 'lcm',
  PNDMScheduler: 'pndm',
  TCDScheduler: 'tcd',
  UniPCMultistepScheduler: 'unipc',
};

/** diffusers has one class for DPM-Solver++ and its form with noise. */
const SDE = 'sde-dpmsolver++';

/** Euler's timesteps may be fractions; the reference rounds them, and the sigmas behind them, to float32. */
const TIMESTEP: Tolerance = { limit: 1e-2, unit: 'absolute' };

export interface Trajectory {
  readonly sampler: SamplerName;
  readonly config: Readonly<Record<string, unknown>>;
  readonly file: GoldenTensors;
}

/** @param name of its files, without their endings: `traj_ddim` */
export async function openTrajectory(golden: GoldenDirectory, name: string): Promise<Trajectory> {
  const config = (await golden.json('golden', `${name}.config.json`)) as Record<string, unknown>;
  const sampler =
    config.algorithm_type === SDE ? 'dpmpp2m-sde' : SAMPLER_OF_CLASS[String(config._class_name)];
  if (sampler === undefined) throw new Absent(`no sampler for a ${config._class_name}`);
  return { sampler, config, file: await golden.tensors(`${name}.safetensors`) };
}

/** Samples by `denoise` and holds every step's latents to the reference's. */
export async function follow(
  check: string,
  { sampler, file }: Trajectory,
  process: VariancePreserving,
  denoise: Denoiser,
  tolerance: Tolerance = TRAJECTORY,
): Promise<Comparison> {
  const steps: SamplingStep[] = [];
  const latents = file.get('noise').data;
  const noise = (step: number) => row(file.get('step_noise'), step);
  const options = { process, steps: file.number('steps'), latents, denoise, noise, ...startOf(file) };
  for await (const step of samplers[sampler].sample(options)) steps.push(step);

  const reached = steps.map((step) =>
    compare(`step ${step.index + 1}`, step.latents, row(file.get('latents'), step.index + 1), tolerance),
  );
  const visited = steps.map(({ timestep }) => timestep);
  const timesteps = compare('timesteps', visited, file.get('timesteps').data, TIMESTEP);
  return timesteps.ok ? worst(check, reached) : { ...timesteps, check, note: 'other timesteps' };
}

/** Image to image starts from a picture; blended inpainting also keeps what its mask does not paint. */
function startOf(file: GoldenTensors): Pick<SamplerOptions, 'start' | 'hold'> {
  const has = (name: string) => file.names().includes(name);
  if (!has('init_latents')) return {};
  const picture = file.get('init_latents').data;
  const strength = file.number('strength');
  // Inpainting at full strength starts from noise alone.
  const start = strength < 1 || !has('mask') ? { picture, strength } : undefined;
  // A model that looks at the kept part needs no blending.
  if (!has('mask') || has('masked_image_latents')) return { start };
  return { start, hold: keepLatents(picture, file.get('mask').data, file.get('noise').data) };
}

export const processOf = ({ config }: Trajectory): VariancePreserving => noiseProcessOf(config);
