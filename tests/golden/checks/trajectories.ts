/** Every sampler from noise to latents: with the model in the loop, and on the reference's own model outputs. */

import { denoiserOf } from '../../../companion/diffusion/denoiser.ts';
import { noiseProcessOf } from '../../../companion/diffusion/scheduler-config.ts';
import type { Check } from '../check.ts';
import type { GoldenDirectory } from '../golden-directory.ts';
import { Absent, row } from '../golden-tensors.ts';
import { guidedUnet } from '../guided-unet.ts';
import { readPrompts } from '../prompts.ts';
import { follow, openTrajectory, processOf, type Trajectory } from '../trajectory.ts';

export const trajectories: Check = {
  subject: 'trajectories, model in the loop',
  async *run(golden) {
    const { scene } = await readPrompts(golden);
    for await (const [kind, trajectory] of all(golden)) {
      const { file } = trajectory;
      const prompt = { prompt: scene, negative: '', scale: file.number('guidance') };
      const process = processOf(trajectory);
      const denoise = await guidedUnet(golden.pipeline, file.get('noise').shape, prompt, process);
      yield await follow(kind, trajectory, process, denoise);
    }
  },
};

export const samplerSteps: Check = {
  subject: "trajectories, on the reference's outputs",
  async *run(golden) {
    for await (const [kind, trajectory] of all(golden)) {
      const outputs = trajectory.file.get('guided_model_output');
      const process = processOf(trajectory);
      const denoise = denoiserOf(process, async (_latents, _time, index) => row(outputs, index));
      yield await follow(kind, trajectory, process, denoise);
    }
  },
};

/** The same noise told as a velocity must lead a sampler for v-models the same way: no v-model has golden data. */
export const velocitySteps: Check = {
  subject: 'trajectories, outputs told as velocities',
  async *run(golden) {
    for await (const [kind, trajectory] of all(golden)) {
      if (processOf(trajectory).prediction !== 'epsilon')
        throw new Absent(`traj_${kind} predicts velocities itself`);
      const outputs = trajectory.file.get('guided_model_output');
      const process = noiseProcessOf({ ...trajectory.config, prediction_type: 'v_prediction' });
      yield await follow(kind, trajectory, process, async (latents, { level }, index) => {
        const noise = row(outputs, index);
        // v = signal ε - noise x_0 with x_0 = (x - noise ε) / signal
        const velocity = latents.map((x, i) => (noise[i]! - level.noise * x) / level.signal);
        return process.split(velocity, latents, level);
      });
    }
  },
};

async function* all(golden: GoldenDirectory): AsyncGenerator<[kind: string, trajectory: Trajectory]> {
  const kinds = golden.kinds('traj_');
  if (kinds.length === 0) throw new Absent('no golden/traj_*.safetensors');
  for (const kind of kinds) yield [kind, await openTrajectory(golden, kind)];
}
