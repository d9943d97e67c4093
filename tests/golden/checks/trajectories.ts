/** Every sampler from noise to latents: with the model in the loop, and on the reference's own model outputs. */

import { levelAt, type NoiseLevel } from '../../../companion/diffusion/noise-process.ts';
import { levelOfSigma } from '../../../companion/diffusion/spacing.ts';
import type { Check } from '../check.ts';
import type { GoldenDirectory } from '../golden-directory.ts';
import { Absent, row } from '../golden-tensors.ts';
import { guidedUnet } from '../guided-unet.ts';
import { readPrompts } from '../prompts.ts';
import { follow, openTrajectory, scheduleOf, type Trajectory } from '../trajectory.ts';

export const trajectories: Check = {
  subject: 'trajectories, model in the loop',
  async *run(golden) {
    const { scene } = await readPrompts(golden);
    for await (const [kind, trajectory] of all(golden)) {
      const { file } = trajectory;
      const prompt = { prompt: scene, negative: '', scale: file.number('guidance') };
      const predict = await guidedUnet(golden.pipeline, file.get('noise').shape, prompt);
      yield await follow(kind, trajectory, scheduleOf(trajectory), predict);
    }
  },
};

export const samplerSteps: Check = {
  subject: "trajectories, on the reference's outputs",
  async *run(golden) {
    for await (const [kind, trajectory] of all(golden)) {
      const outputs = trajectory.file.get('guided_model_output');
      yield await follow(kind, trajectory, scheduleOf(trajectory), async (_latents, _timestep, index) =>
        row(outputs, index),
      );
    }
  },
};

/** The same noise told as a velocity must lead a sampler for v-models the same way: no v-model has golden data. */
export const velocitySteps: Check = {
  subject: 'trajectories, outputs told as velocities',
  async *run(golden) {
    for await (const [kind, trajectory] of all(golden)) {
      const schedule = scheduleOf(trajectory);
      if (schedule.predictionType !== 'epsilon') throw new Absent(`traj_${kind} predicts velocities itself`);
      const outputs = trajectory.file.get('guided_model_output');
      const velocitySchedule = { ...schedule, predictionType: 'v_prediction' as const };
      yield await follow(kind, trajectory, velocitySchedule, async (latents, timestep, index) => {
        const noise = row(outputs, index);
        const { alpha, sigma } = levelOf(trajectory, timestep, index);
        // v = α ε - σ x_0 with x_0 = (x - σ ε) / α
        return latents.map((x, i) => (noise[i]! - sigma * x) / alpha);
      });
    }
  },
};

/** Samplers that count in sigmas visit timesteps between the schedule's: their sigma says how noisy a sample is. */
function levelOf({ sampler, file, config }: Trajectory, timestep: number, index: number): NoiseLevel {
  const countsInSigmas = sampler === 'euler' || sampler === 'dpmpp2m';
  return countsInSigmas
    ? levelOfSigma(file.get('sigmas').data[index]!)
    : levelAt(scheduleOf({ sampler, file, config }), timestep);
}

async function* all(golden: GoldenDirectory): AsyncGenerator<[kind: string, trajectory: Trajectory]> {
  const kinds = golden.kinds('traj_');
  if (kinds.length === 0) throw new Absent('no golden/traj_*.safetensors');
  for (const kind of kinds) yield [kind, await openTrajectory(golden, kind)];
}
